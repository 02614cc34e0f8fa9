// The worst bill: what the simulator charges when it charges all it may, against the real SDK.

import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { supportTools } from "./brain/support-tools.fixture.ts";
import { ask, runSimulator } from "./running-simulator.fixture.ts";
import { beginning } from "./tokenizer.ts";

let nowMs = Date.parse("2026-11-22T12:00:00Z");
const { client, script, control, ledger } = runSimulator({
  nowMs: () => nowMs,
  scenario: { billing: { mode: "worst" } },
});
const INPUT = 2_000;
const WRITE_5M = 2_500;
const OUTPUT = 10_000;
const MARK = { cache_control: { type: "ephemeral" as const } };

/** Of a request with one message: what the API adds around it. */
const ADDED = 16 + 4;

describe("the worst bill", () => {
  it("counts a token for every byte, all of max_tokens as said, and adds what the API adds", async () => {
    const text = "worst one äöü€";
    const { usage } = await client().messages.create(ask(text, { max_tokens: 700 }));
    const inputTokens = Buffer.byteLength(text) + ADDED;
    expect(usage).toMatchObject({ input_tokens: inputTokens, output_tokens: 700 });
    const { entries } = await ledger("worst one");
    expect(entries).toMatchObject([{ billed_nano_usd: inputTokens * INPUT + 700 * OUTPUT }]);
    const withTools = await client().messages.create(ask(text, { tools: supportTools }));
    const listed = supportTools.reduce(
      (sum, { name, description, input_schema }) =>
        sum + Buffer.byteLength(name + description + JSON.stringify(input_schema)),
      0,
    );
    expect(withTools.usage.input_tokens).toBe(inputTokens + listed + 530);
  });

  it("writes a marked prompt whole to the cache, every time, at its dearest lifetime, and reads nothing", async () => {
    const content = [{ type: "text" as const, text: "worst cache", ...MARK }];
    const request = ask("", { messages: [{ role: "user", content }] });
    for (let n = 0; n < 2; n += 1)
      expect((await client().messages.create(request)).usage).toMatchObject({
        input_tokens: 0,
        cache_read_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 11 + ADDED, ephemeral_1h_input_tokens: 0 },
      });
    const { entries } = await ledger("worst cache");
    expect(entries[1]?.billed_nano_usd).toBe((11 + ADDED) * WRITE_5M + 1_000 * OUTPUT);
    const hour = { cache_control: { type: "ephemeral" as const, ttl: "1h" as const } };
    const system = [{ type: "text" as const, text: "s", ...hour }];
    const { usage } = await client().messages.create({ ...request, system });
    expect(usage.cache_creation?.ephemeral_1h_input_tokens).toBe(11 + 1 + ADDED);
  });

  it("never counts a reply higher when it is sent back than it counted it as said", async () => {
    await script({ steps: [{ match: { contains: "worst echo" }, reply: { content: "€".repeat(400) } }] });
    const first = await client().messages.create(ask("worst echo", { max_tokens: 100 }));
    expect(first.stop_reason).toBe("max_tokens");
    expect(first.content).toMatchObject([{ text: "€".repeat(33) }]);
    const second = await client().messages.create(
      ask("", {
        messages: [
          { role: "user", content: "worst echo" },
          { role: "assistant", content: first.content },
          { role: "user", content: "on" },
        ],
      }),
    );
    expect(second.usage.input_tokens - first.usage.input_tokens).toBe(99 + 2 + 2 * 4);
  });

  it.each([
    ["a cut", { kind: "cut" }, "in full"],
    ["a reset before the first byte", { kind: "reset" }, "in full"],
    ["an error inside the stream", { kind: "sse_error" }, "in full"],
    ["status 500", { kind: "status", status: 500 }, "in full"],
    ["status 529", { kind: "status", status: 529 }, "nothing"],
    ["status 429", { kind: "status", status: 429 }, "nothing"],
    ["status 400", { kind: "status", status: 400 }, "nothing"],
  ] as const)("bills %s %o %s", async (name, fault, charge) => {
    const marker = `worst fault ${name}`;
    await script({ steps: [{ match: { contains: marker }, fault }] });
    const failed = await client()
      .messages.stream(ask(marker, { max_tokens: 50 }))
      .finalMessage()
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Anthropic.AnthropicError);
    const whole = (marker.length + ADDED) * INPUT + 50 * OUTPUT;
    expect((await ledger(marker)).entries).toMatchObject([
      { outcome: "failed", billed_nano_usd: charge === "in full" ? whole : 0 },
    ]);
  });

  it("bills whoever goes away in full, and says when it came and when it was over", async () => {
    await script({ steps: [{ match: { contains: "worst gone" }, fault: { kind: "stall" } }] });
    const stream = client().messages.stream(ask("worst gone", { max_tokens: 60 }));
    await stream.emitted("text");
    const receivedAtMs = nowMs;
    nowMs += 1_500;
    stream.abort();
    await stream.done().catch(() => undefined);
    await expect.poll(async () => (await ledger("worst gone")).entries).toHaveLength(1);
    expect((await ledger("worst gone")).entries).toMatchObject([
      {
        outcome: "aborted",
        message_id: expect.stringMatching(/^msg_sim_/),
        received_at_ms: receivedAtMs,
        answered_at_ms: receivedAtMs + 1_500,
        billed_nano_usd: (10 + ADDED) * INPUT + 60 * OUTPUT,
      },
    ]);
  });

  it("counts tokens a little low when asked, for the API calls its count an estimate", async () => {
    const text = "worst count ".repeat(100);
    const { input_tokens } = await client().messages.countTokens({
      model: "claude-sonnet-5-5",
      messages: [{ role: "user", content: text }],
    });
    const { usage } = await client().messages.create(ask(text));
    expect(input_tokens).toBe(Math.floor(usage.input_tokens * 0.98));
  });

  it("takes another tokenizer, is told by /control/scenario, and is over when that is cleared", async () => {
    await script({ billing: { mode: "worst", bytes_per_token: 2.5 } });
    expect((await client().messages.create(ask("worst 2.5!"))).usage.input_tokens).toBe(4 + ADDED);
    expect((await control("GET", "scenario")).body).toMatchObject({
      billing: { mode: "worst", bytes_per_token: 2.5 },
    });
    expect(
      (await control("POST", "scenario", { billing: { mode: "worst", bytes_per_token: 0 } })).status,
    ).toBe(400);
    await control("DELETE", "scenario");
    expect((await client().messages.create(ask("fair again"))).usage.input_tokens).toBe(3);
    await script({ billing: { mode: "worst" } });
  });
});

describe("the beginning of a text", () => {
  it("ends before the character that does not fit whole", () => {
    const bytes = { unit: "byte", perToken: 1 } as const;
    expect(["a€b", "€€", "😀x", ""].map((text) => beginning(text, 3, bytes))).toEqual(["a", "€", "", ""]);
    expect(beginning("a😀", 2, { unit: "character", perToken: 4 })).toBe("a");
    expect(beginning("whole", 5, bytes)).toBe("whole");
    expect(beginning("none", 0, bytes)).toBe("");
  });
});
