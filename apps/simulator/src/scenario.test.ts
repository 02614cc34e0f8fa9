// Scripted replies and every fault, as the real SDK meets them.

import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { supportTools } from "./brain/support-tools.fixture.ts";
import { ask, runSimulator, textOf } from "./running-simulator.fixture.ts";

const { client, script, control, ledger } = runSimulator();
const LONG = "A reply of some length. ".repeat(40);

/** A fault for one marker, and what the SDK makes of the streamed request. */
async function streamed(marker: string, fault: object) {
  const added = await control("POST", "scenario", {
    steps: [{ match: { contains: marker }, reply: { content: LONG }, fault }],
  });
  expect(added.status).toBe(200);
  return client().messages.stream(ask(marker)).finalMessage();
}
const failure = (attempt: Promise<unknown>) =>
  attempt.then(
    () => Promise.reject(new Error("it should have failed")),
    (error: unknown) => error,
  );

describe("faults", () => {
  it.each([
    [400, Anthropic.BadRequestError, "invalid_request_error"],
    [401, Anthropic.AuthenticationError, "authentication_error"],
    [403, Anthropic.PermissionDeniedError, "permission_error"],
    [404, Anthropic.NotFoundError, "not_found_error"],
    [413, Anthropic.ContentTooLargeError, "request_too_large"],
    [429, Anthropic.RateLimitError, "rate_limit_error"],
    [500, Anthropic.InternalServerError, "api_error"],
    [529, Anthropic.APIError, "overloaded_error"],
  ])("status %i is the SDK's own error and is not billed", async (status, kind, type) => {
    const error = await failure(
      streamed(`status ${status}`, { kind: "status", status, retry_after_s: 3, retry_after_ms: 2_500 }),
    );
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ status, type, requestID: expect.stringMatching(/^req_sim_/) });
    if (error instanceof Anthropic.APIError) {
      expect(error.headers?.get("retry-after")).toBe("3");
      expect(error.headers?.get("retry-after-ms")).toBe("2500");
    }
    const { entries } = await ledger(`status ${status}`);
    expect(entries).toMatchObject([{ outcome: "failed", status, billed_nano_usd: 0, usage: null }]);
  });

  it("a reset before the first byte is a connection error and is not billed", async () => {
    expect(await failure(streamed("reset 0", { kind: "reset" }))).toBeInstanceOf(
      Anthropic.APIConnectionError,
    );
    expect((await ledger("reset 0")).entries).toMatchObject([
      { outcome: "failed", status: 0, billed_nano_usd: 0 },
    ]);
  });

  it.each([
    ["a reset after some bytes", { kind: "reset", after_bytes: 1_500 }, "reset 1500"],
    ["a cut", { kind: "cut" }, "cut here"],
    ["a clean end before message_stop", { kind: "clean_eof" }, "clean eof"],
    ["an error event", { kind: "sse_error", error_type: "overloaded_error" }, "sse error"],
    ["a cut after everything but message_stop", { kind: "cut", after_events: 10_000 }, "cut late"],
  ])("%s is never an answer, and what was said is billed", async (_, fault, marker) => {
    const error = await failure(streamed(marker, fault));
    expect(error).toBeInstanceOf(Anthropic.AnthropicError);
    if (fault.kind === "sse_error")
      expect(error).toMatchObject({ status: undefined, type: "overloaded_error" });
    const { entries } = await ledger(marker);
    expect(entries).toMatchObject([{ outcome: "failed", status: 200, stop_reason: null }]);
    expect(entries[0]?.usage?.output_tokens).toBeGreaterThan(0);
    expect(entries[0]?.billed_nano_usd).toBeGreaterThan(0);
  });

  it("a clean end leaves a raw iteration none the wiser", async () => {
    await script({
      steps: [{ match: { contains: "raw eof" }, fault: { kind: "clean_eof", after_events: 4 } }],
    });
    const types: string[] = [];
    for await (const { type } of await client().messages.create({ ...ask("raw eof"), stream: true }))
      types.push(type);
    // The fourth event is the ping's successor; the SDK drops pings.
    expect(types).toEqual(["message_start", "content_block_start", "content_block_delta"]);
  });

  it("a stalled stream goes on when it is released, and counts while it stands", async () => {
    await script({
      steps: [{ match: { contains: "stall A" }, reply: { content: LONG }, fault: { kind: "stall" } }],
    });
    const stream = client().messages.stream(ask("stall A"));
    await expect
      .poll(async () => (await control("GET", "scenario")).body)
      .toMatchObject({ stalled: 1, in_flight: 2 });
    expect((await ledger("stall A")).entries).toEqual([]);
    expect((await control("POST", "release")).body).toEqual({ released: 1 });
    expect(textOf(await stream.finalMessage())).toBe(LONG);
    expect((await ledger("stall A")).entries).toMatchObject([{ outcome: "completed" }]);
  });

  it.each([
    [{ kind: "stall" as const, before_headers: true }, "stall B", 0],
    [{ kind: "stall" as const, after_events: 2 }, "stall C", 200],
  ])("a stalled client that goes away is an abort: %j", async (fault, marker, status) => {
    await script({ steps: [{ match: { contains: marker }, fault }] });
    const stream = client().messages.stream(ask(marker));
    await expect.poll(async () => (await control("GET", "scenario")).body).toMatchObject({ stalled: 1 });
    stream.abort();
    await stream.done().catch(() => undefined);
    await expect
      .poll(async () => (await ledger(marker)).entries)
      .toMatchObject([{ outcome: "aborted", status }]);
    expect((await control("GET", "scenario")).body).toMatchObject({ stalled: 0 });
  });

  it("malformed tool input never becomes JSON", async () => {
    const marker = "malformed: what is 2+2?";
    await script({ steps: [{ match: { contains: "malformed" }, fault: { kind: "malformed_tool_input" } }] });
    let json = "";
    for await (const event of await client().messages.create({
      ...ask(marker, { tools: supportTools }),
      stream: true,
    })) {
      if (event.type === "content_block_delta" && event.delta.type === "input_json_delta")
        json += event.delta.partial_json;
    }
    expect(json).not.toBe("");
    for (const end of ["", '"', '"}', "}", "]}"]) expect(() => JSON.parse(json + end)).toThrow();
  });

  it.each([
    ["reset", Anthropic.AnthropicError],
    ["cut", Error],
    ["clean_eof", Error],
    ["sse_error", Anthropic.APIError],
  ])("%s spoils a reply that is not streamed, too", async (kind, expected) => {
    const marker = `plain ${kind}`;
    await control("POST", "scenario", {
      steps: [{ match: { contains: marker }, reply: { content: LONG }, fault: { kind } }],
    });
    expect(await failure(client().messages.create(ask(marker)))).toBeInstanceOf(expected);
    expect((await ledger(marker)).entries).toMatchObject([{ outcome: "failed" }]);
  });
});

describe("scripts", () => {
  it("are used up in order, by whom they match, and then the brain answers", async () => {
    await script({
      steps: [
        { match: { contains: "order X" }, reply: { content: "X1" } },
        { match: { contains: "order Y" }, reply: { content: "Y1" }, times: 2 },
        { match: { contains: "order X", turn: 2 }, reply: { content: "X turn 2" } },
        { match: { contains: "order X", model: "claude-opus-5" }, reply: { content: "X on opus" } },
      ],
    });
    const say = async (text: string, more = {}) => textOf(await client().messages.create(ask(text, more)));
    expect(await say("order Y")).toBe("Y1");
    expect(await say("order X")).toBe("X1");
    expect(await say("order X", { model: "claude-opus-5" })).toBe("X on opus");
    expect(await say("order Y")).toBe("Y1");
    expect(await say("order Y")).toContain("Pawl simulator");
    const messages = [
      { role: "user" as const, content: "order X" },
      { role: "assistant" as const, content: "X1" },
      { role: "user" as const, content: "and?" },
    ];
    expect(await say("", { messages })).toBe("X turn 2");
    expect(await say("order X")).toContain("Pawl simulator");
  });

  it("give blocks, stop reasons and usage; max_tokens stands above them", async () => {
    const content = [
      { type: "thinking" as const, thinking: "hm" },
      { type: "tool_use" as const, name: "calculator", input: { expression: "1" } },
    ];
    await script({
      steps: [
        { match: { contains: "blocks" }, reply: { content } },
        { match: { contains: "refuse" }, reply: { stop_reason: "refusal" } },
        {
          match: { contains: "dear" },
          reply: { content: "x", usage: { input_tokens: 5, output_tokens: 9_999 } },
        },
      ],
    });
    const blocks = await client().messages.stream(ask("blocks")).finalMessage();
    expect(blocks).toMatchObject({
      stop_reason: "tool_use",
      content: [
        { thinking: "hm", signature: "sim" },
        { name: "calculator", input: { expression: "1" } },
      ],
    });
    const refusal = await client().messages.stream(ask("refuse")).finalMessage();
    expect(refusal).toMatchObject({ stop_reason: "refusal", content: [], usage: { output_tokens: 1 } });
    const dear = await client().messages.create(ask("dear", { max_tokens: 77 }));
    expect(dear.usage).toMatchObject({ input_tokens: 5, output_tokens: 77 });
    expect((await ledger("dear")).entries).toMatchObject([{ billed_nano_usd: 5 * 2_000 + 77 * 10_000 }]);
  });

  it("clear by marker, choose a mind by step, and say what is wrong with themselves", async () => {
    await script({
      steps: [
        { match: { contains: "mind L" }, brain: "looping", times: -1 },
        { match: { contains: "mind K" }, reply: { content: "kept" } },
      ],
    });
    const looping = () => client().messages.create(ask("mind L", { tools: supportTools }));
    expect((await looping()).stop_reason).toBe("tool_use");
    await control("DELETE", "scenario?contains=mind%20L");
    expect((await looping()).stop_reason).toBe("end_turn");
    expect(textOf(await client().messages.create(ask("mind K")))).toBe("kept");
    for (const wrong of [
      "{",
      { steps: [{ fault: { kind: "status", status: 418 } }] },
      { step: [] },
      { default: "genius" },
    ]) {
      expect(await control("POST", "scenario", wrong)).toMatchObject({
        status: 400,
        body: { error: expect.any(String) },
      });
    }
  });

  it("the default mind answers what no step matches, until it is cleared", async () => {
    await script({ default: "echo" });
    expect(textOf(await client().messages.create(ask("say this")))).toBe("say this");
    await control("DELETE", "scenario");
    expect(textOf(await client().messages.create(ask("say this")))).not.toBe("say this");
  });
});
