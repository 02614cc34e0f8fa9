import { describe, expect, it } from "vitest";
import { defaultTiers, type RouteQuestion, routeModel, routeQuestion } from "./route.ts";

function route(text: string, more: Partial<RouteQuestion> = {}) {
  return routeModel({ text, documentChars: 0, toolCount: 2, hasWriteTools: false, ...more }, defaultTiers);
}

describe("routeModel", () => {
  it.each([
    // short, one thing: light
    ["What is 12 * (3 + 4)?", "light"],
    ["Hello!", "light"],
    ["Where is my order 4711?", "light"],
    ["When does my plane leave?", "light"],
    ["What is the discount code of today?", "light"],
    ["Look at https://shop.example/?id=1&page=2 and tell me the title", "light"],
    ["Wie spät ist es in Tokio?", "light"],
    ["Quelle est la capitale du Népal ?", "light"],
    ["明天天气怎么样？", "light"],
    ["今何時ですか？", "light"],
    // one thing to think about, or a few simple ones: standard
    ["Compare the two plans and tell me which is cheaper.", "standard"],
    ["Analyse my spending of last month.", "standard"],
    ["Vergleiche die beiden Angebote.", "standard"],
    ["Compare ces deux offres.", "standard"],
    ["Compara estas dos ofertas.", "standard"],
    ["Confronta queste due offerte.", "standard"],
    ["Сравни эти два тарифа.", "standard"],
    ["请比较这两个方案。", "standard"],
    ["この二つのプランを比較してください。", "standard"],
    ["두 요금제를 비교해 주세요.", "standard"],
    ["قارن بين العرضين", "standard"],
    ["İki teklifi karşılaştır", "standard"],
    ["Refactor this function.", "standard"],
    ["Where is my order? And when will it come?", "standard"],
    ["Find my last order, then send me its invoice.", "standard"],
    // judgement over several things or much material, or a long list: strong
    ["Compare the three suppliers:\n1. price\n2. quality\n3. risk", "strong"],
    ["Debug my code and evaluate whether the design holds.", "strong"],
    [
      "Analysiere die Zahlen, vergleiche sie mit dem Vorjahr, danach plane das Budget und dann schreibe ein Fazit.",
      "strong",
    ],
    ["分析这些数据，然后比较两家公司，然后写一个总结。", "strong"],
    ["- a\n- b\n- c\n- d\n- e\n- f", "strong"],
  ] as const)("routes %j to %s", (text, tier) => {
    expect(route(text)).toMatchObject({ tier, model: defaultTiers[tier] });
  });

  it("weighs the documents", () => {
    expect(route("What is the sum?", { documentChars: 3_999 }).tier).toBe("light");
    expect(route("What is the sum?", { documentChars: 4_000 }).tier).toBe("standard");
    expect(route("Assess the risk.", { documentChars: 7_999 }).tier).toBe("standard");
    expect(route("Assess the risk.", { documentChars: 8_000 }).tier).toBe("strong");
    expect(route("What is the sum?", { documentChars: 200_000 }).tier).toBe("strong");
  });

  it("weighs the length of what is asked", () => {
    const words = (chars: number) => "word ".repeat(chars / 5);
    expect(route(words(595)).tier).toBe("light");
    expect(route(words(600)).tier).toBe("standard");
    expect(route(`${words(1_500)} assess it`).tier).toBe("strong");
    expect(route(`${words(1_500)} implement it`).tier).toBe("strong");
  });

  it("trusts no light model with tools that change the world, nor with many", () => {
    expect(route("Refund order 7.", { hasWriteTools: true }).tier).toBe("standard");
    expect(route("Hello!", { toolCount: 7 }).tier).toBe("light");
    expect(route("Hello!", { toolCount: 8 }).tier).toBe("standard");
  });

  it("says why, in one sentence that holds no word of the text", () => {
    for (const text of [
      "Hello Mrs. Sesame!",
      "Compare: 1. xyzzy?\n2. plugh?\n3. frotz?",
      "Debug xyzzy.py",
      "x".repeat(5_000),
    ]) {
      const { reason } = route(text);
      expect(reason).toMatch(/^It [^.]{5,80}\.$/);
      expect(reason).not.toMatch(/sesame|xyzzy|xxx/i);
    }
    expect(route("Compare: 1. a?\n2. b?\n3. c?").reason).toBe("It asks for judgement in 3 parts.");
  });

  it("takes the models of the tiers it is given", () => {
    const tiers = { light: "a", standard: "b", strong: "c" };
    const question = { text: "Hello", documentChars: 0, toolCount: 0, hasWriteTools: false };
    expect(routeModel(question, tiers).model).toBe("a");
    expect(routeModel({ ...question, documentChars: 1e6 }, tiers).model).toBe("c");
  });

  it("answers for any text, and quickly for a huge one", () => {
    const began = performance.now();
    for (const piece of [
      "?",
      "- ",
      "plan ",
      "a",
      " ",
      "\n",
      "\n- ",
      "？",
      "1. \t",
      "\ud800",
      "trade-",
      "und ",
    ]) {
      expect(["light", "standard", "strong"]).toContain(route(piece.repeat(1_000_000 / piece.length)).tier);
    }
    expect(["light", "standard", "strong"]).toContain(route("").tier);
    // A thousandfold of what it takes, and far below what backtracking would.
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("reads the end of a long text, where the request stands", () => {
    expect(route(`${"word ".repeat(10_000)} Finally, compare the two.`).reason).toBe(
      "It asks for judgement at length.",
    );
  });
});

describe("routeQuestion", () => {
  it("is what the task brings and what its agent may use", () => {
    const tool = { name: "t", description: "", input_schema: { type: "object" as const } };
    expect(
      routeQuestion(
        {
          text: "Hi",
          documents: [
            { name: "a", text: "12345" },
            { name: "b", text: "678" },
          ],
        },
        {
          tools: [
            { ...tool, effect: "read" },
            { ...tool, effect: "write" },
          ],
        },
      ),
    ).toEqual({ text: "Hi", documentChars: 8, toolCount: 2, hasWriteTools: true });
    expect(
      routeQuestion({ text: "Hi", documents: [] }, { tools: [{ ...tool, effect: "idempotent" }] }),
    ).toEqual({
      text: "Hi",
      documentChars: 0,
      toolCount: 1,
      hasWriteTools: false,
    });
  });
});
