// The real SDK against the simulator over loopback: replies, refusals, counting, caching, the ledger.

import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { supportTools } from "./brain/support-tools.fixture.ts";
import { ask, runSimulator, textOf } from "./running-simulator.fixture.ts";

let nowMs = Date.parse("2026-11-22T12:00:00Z");
const { client, url, ledger, control, script } = runSimulator({ nowMs: () => nowMs });

describe("replies", () => {
  it("says the same streamed and not, with complete usage and a request id", async () => {
    const plain = await client().messages.create(ask("Hello there")).withResponse();
    const streamed = await client().messages.stream(ask("Hello there")).finalMessage();
    expect(plain.request_id).toMatch(/^req_sim_\d+$/);
    expect(streamed).toMatchObject({ ...plain.data, id: streamed.id });
    expect(plain.data).toMatchObject({
      type: "message",
      role: "assistant",
      stop_reason: "end_turn",
      usage: {
        input_tokens: 3,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        service_tier: "standard",
      },
    });
    expect(plain.data.usage.output_tokens).toBe(Math.ceil(textOf(plain.data).length / 4));
    expect(plain.data.id).not.toBe(streamed.id);
  });

  it("streams the named events in the API's order, counts cumulative", async () => {
    const events: Anthropic.MessageStreamEvent[] = [];
    const request = ask("What is 2+3?", { tools: supportTools });
    for await (const event of await client().messages.create({ ...request, stream: true }))
      events.push(event);
    const kinds = events.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1]);
    const block = ["content_block_start", "content_block_delta", "content_block_stop"];
    expect(kinds).toEqual(["message_start", ...block, ...block, "message_delta", "message_stop"]);
    const message = await client().messages.stream(request).finalMessage();
    expect(message.stop_reason).toBe("tool_use");
    expect(message.content.at(-1)).toMatchObject({
      type: "tool_use",
      name: "calculator",
      input: { expression: "2+3" },
    });
  });

  it("never gives two tool uses one id", async () => {
    const request = ask("What is 1+1 and 2+2?", { tools: supportTools });
    const both = await Promise.all([client().messages.create(request), client().messages.create(request)]);
    const ids = both.flatMap(({ content }) =>
      content.flatMap((block) => (block.type === "tool_use" ? [block.id] : [])),
    );
    expect(new Set(ids).size).toBe(4);
  });

  it.each([1, 2, 7, 20])("stays within %i output tokens", async (max_tokens) => {
    const message = await client().messages.stream(ask("Hello there", { max_tokens })).finalMessage();
    expect(message.stop_reason).toBe("max_tokens");
    expect(message.usage.output_tokens).toBe(max_tokens);
    expect(textOf(message).length).toBeLessThanOrEqual(4 * max_tokens);
  });

  it("stops before a stop sequence", async () => {
    const message = await client().messages.create(ask("Hello there", { stop_sequences: ["wrote"] }));
    expect(message).toMatchObject({
      stop_reason: "stop_sequence",
      stop_sequence: "wrote",
      content: [{ text: "You " }],
    });
  });

  it("accepts x-api-key as well as a bearer token, and nothing else", async () => {
    const post = async (headers: Record<string, string>) =>
      (await fetch(`${url()}/v1/messages`, { method: "POST", headers, body: JSON.stringify(ask("Hi")) }))
        .status;
    expect(await post({ "x-api-key": "k" })).toBe(200);
    expect(await post({ authorization: "Bearer k" })).toBe(200);
    expect(await post({})).toBe(401);
  });

  it("lists models and finds one", async () => {
    const models = await client().models.list();
    expect(models.data.map(({ id }) => id)).toContain("claude-sonnet-5-5");
    await expect(client().models.retrieve("gpt-9")).rejects.toThrow(Anthropic.NotFoundError);
    expect((await fetch(`${url()}/healthz`)).status).toBe(200);
  });
});

describe("refusals", () => {
  const use = { type: "tool_use", id: "t1", name: "calculator", input: {} };
  const result = { type: "tool_result", tool_use_id: "t1", content: "4" };
  const user = (content: unknown) => ({ role: "user", content });
  const assistant = (content: unknown) => ({ role: "assistant", content });

  it.each<[string, object, number, string | RegExp]>([
    ["a temperature", { temperature: 0.5 }, 400, "temperature"],
    ["top_p", { top_p: 1 }, 400, "top_p"],
    ["top_k", { top_k: 1 }, 400, "top_k"],
    ["no max_tokens", { max_tokens: undefined }, 400, "max_tokens: Field required"],
    ["max_tokens of 0", { max_tokens: 0 }, 400, "max_tokens"],
    ["an unknown field", { max_token: 5 }, 400, "max_token: Extra inputs are not permitted"],
    ["another maker's model", { model: "gpt-9" }, 404, "model: gpt-9"],
    ["no messages", { messages: [] }, 400, "messages"],
    ["an assistant first", { messages: [assistant("hi")] }, 400, 'must use the "user" role'],
    ["an empty message", { messages: [user("")] }, 400, "non-empty"],
    ["a blank text", { messages: [user([{ type: "text", text: " " }])] }, 400, "non-whitespace"],
    [
      "an unanswered call",
      { messages: [user("a"), assistant([use]), user("b")] },
      400,
      /without `tool_result`.*t1/,
    ],
    ["a call at the end", { messages: [user("a"), assistant([use])] }, 400, "without `tool_result`"],
    ["an answer to nothing", { messages: [user([result])] }, 400, "unexpected `tool_use_id`"],
    [
      "an answer that comes a message late",
      { messages: [user("a"), assistant([use]), user([result]), assistant("b"), user([result])] },
      400,
      "unexpected `tool_use_id`",
    ],
    [
      "text before an answer",
      { messages: [user("a"), assistant([use]), user([{ type: "text", text: "so" }, result])] },
      400,
      "without `tool_result`",
    ],
    [
      "two answers to one call",
      { messages: [user("a"), assistant([use]), user([result, result])] },
      400,
      "single result",
    ],
    ["a call by the user", { messages: [user([use])] }, 400, "only be in `assistant`"],
    ["tool_choice without tools", { tool_choice: { type: "any" } }, 400, "tool_choice"],
    [
      "a choice of no tool",
      { tools: supportTools, tool_choice: { type: "tool", name: "x" } },
      400,
      "not found",
    ],
    ["twins among tools", { tools: [supportTools[0], supportTools[0]] }, 400, "unique"],
    [
      "a fifth breakpoint",
      { messages: [user(Array(5).fill({ type: "text", text: "x", cache_control: { type: "ephemeral" } }))] },
      400,
      "maximum of 4",
    ],
    [
      "deep nesting",
      { metadata: JSON.parse(`${'{"a":'.repeat(500)}1${"}".repeat(500)}`) },
      400,
      "nested too deeply",
    ],
  ])("%s", async (_, fields, status, message) => {
    const body = JSON.stringify({ ...ask("Hello"), ...fields });
    const response = await fetch(`${url()}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "k" },
      body,
    });
    expect(response.status).toBe(status);
    const type = status === 404 ? "not_found_error" : "invalid_request_error";
    expect(await response.json()).toMatchObject({
      type: "error",
      error: {
        type,
        message: expect.stringMatching(typeof message === "string" ? escaped(message) : message),
      },
      request_id: response.headers.get("request-id"),
    });
  });

  it.each(["", "{", "null", "[]", '"x"'])("a body of %j", async (body) => {
    const response = await fetch(`${url()}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "k" },
      body,
    });
    expect(response.status).toBe(400);
  });

  it("bytes that are no UTF-8", async () => {
    const body = new Uint8Array([0x22, 0xff, 0x22]);
    const response = await fetch(`${url()}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "k" },
      body,
    });
    expect(response.status).toBe(400);
  });

  function escaped(text: string): RegExp {
    return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  }
});

describe("tokens and the cache", () => {
  const cached = (text: string) => ({
    type: "text" as const,
    text,
    cache_control: { type: "ephemeral" as const },
  });
  const usage = async (system: string, question: string, model = "claude-sonnet-5-5") => {
    const messages = [{ role: "user" as const, content: [cached(question)] }];
    return (await client().messages.create({ model, max_tokens: 9, system: [cached(system)], messages }))
      .usage;
  };

  it("counts one token for every four characters, the same way in count_tokens and in usage", async () => {
    const { messages, model } = ask("x".repeat(401));
    const count = await client().messages.countTokens({ model, messages, tools: supportTools });
    const { usage } = await client().messages.create({ ...ask("x".repeat(401)), tools: supportTools });
    expect(count.input_tokens).toBe(usage.input_tokens);
    expect((await client().messages.countTokens({ model, messages })).input_tokens).toBe(101);
  });

  it("writes a prefix the first time and reads it afterwards, by model, for five minutes", async () => {
    const system = `cache test ${"s".repeat(389)}`;
    expect(await usage(system, "q".repeat(40))).toMatchObject({
      input_tokens: 0,
      cache_creation_input_tokens: 110,
      cache_creation: { ephemeral_5m_input_tokens: 110, ephemeral_1h_input_tokens: 0 },
      cache_read_input_tokens: 0,
    });
    expect(await usage(system, "q".repeat(40))).toMatchObject({
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 110,
    });
    expect(await usage(system, "r".repeat(80))).toMatchObject({
      cache_creation_input_tokens: 20,
      cache_read_input_tokens: 100,
    });
    expect((await usage(system, "q", "claude-opus-5")).cache_read_input_tokens).toBe(0);
    nowMs += 301_000;
    expect((await usage(system, "q".repeat(40))).cache_read_input_tokens).toBe(0);
  });

  it("reads what an earlier turn wrote, though the breakpoint has moved on", async () => {
    const first = `turn one ${"t".repeat(391)}`;
    const turns = [{ role: "user" as const, content: [cached(first)] }];
    await client().messages.create({ ...ask("", { messages: turns }), max_tokens: 5 });
    const { usage } = await client().messages.create(
      ask("", {
        messages: [
          { role: "user", content: first },
          { role: "assistant", content: "ok" },
          { role: "user", content: [cached("z".repeat(40))] },
        ],
      }),
    );
    expect(usage).toMatchObject({
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 11,
      input_tokens: 0,
    });
  });
});

describe("the ledger", () => {
  it("tells what was asked and what it would have cost, in prices of its own", async () => {
    const text = "ledger marker A".padEnd(40, ".");
    const message = await client().messages.create(ask(text));
    await client().messages.create(ask(text));
    const { entries, totals } = await ledger("ledger marker A");
    const billed = 10 * 2_000 + message.usage.output_tokens * 10_000;
    expect(entries[0]).toMatchObject({
      path: "/v1/messages",
      model: "claude-sonnet-5-5",
      prompt_tail: text,
      messages: 1,
      max_tokens: 1_000,
      outcome: "completed",
      status: 200,
      stop_reason: "end_turn",
      usage: { input_tokens: 10, output_tokens: message.usage.output_tokens },
      billed_nano_usd: billed,
    });
    expect(entries[1]?.request_hash).toBe(entries[0]?.request_hash);
    expect(totals).toEqual({ requests: 2, completed: 2, aborted: 0, failed: 0, billed_nano_usd: 2 * billed });
  });

  it("hashes the prompt, not the way it is written down", async () => {
    const hashes = async (contents: Anthropic.MessageParam["content"][]) => {
      for (const content of contents)
        await client().messages.create(ask("", { messages: [{ role: "user", content }] }));
      const { entries } = await ledger("ledger marker B");
      return entries.map(({ request_hash }) => request_hash);
    };
    const text = "ledger marker B";
    const [a, b, c] = await hashes([
      text,
      [{ type: "text", text, cache_control: { type: "ephemeral" } }],
      `${text} and more`,
    ]);
    expect(b).toBe(a);
    expect(c).not.toBe(a);
  });

  it("bills an aborted stream for its input and for what was said until then", async () => {
    const marker = "ledger marker C".padEnd(40, ".");
    await script({
      steps: [{ match: { contains: marker }, reply: { content: "word ".repeat(500) }, token_delay_ms: 5 }],
    });
    const stream = client().messages.stream(ask(marker));
    await stream.emitted("text");
    stream.abort();
    await stream.done().catch(() => undefined);
    await expect.poll(async () => (await ledger(marker)).entries).toHaveLength(1);
    const [entry] = (await ledger(marker)).entries;
    const output = entry?.usage?.output_tokens ?? 0;
    expect(entry).toMatchObject({ outcome: "aborted", status: 200, stop_reason: null });
    expect(output).toBeGreaterThan(0);
    expect(output).toBeLessThan(500);
    expect(entry?.billed_nano_usd).toBe(10 * 2_000 + output * 10_000);
  });

  it("reads from a number on, keeps refused requests and clears", async () => {
    await client()
      .messages.create(ask("Hi"))
      .catch(() => undefined);
    await client()
      .messages.create(ask("Hi", { model: "gpt-9" }))
      .catch(() => undefined);
    const read = async (query: string) =>
      JSON.parse(JSON.stringify((await control("GET", `ledger${query}`)).body));
    const all = await read("");
    const last = all.entries.at(-1);
    expect(last).toMatchObject({ outcome: "failed", status: 404, billed_nano_usd: 0 });
    expect((await read(`?since=${last.n - 1}`)).entries).toEqual([last]);
    expect((await read("?limit=0")).totals).toEqual(all.totals);
    expect((await control("GET", "ledger?since=x")).status).toBe(400);
    await control("DELETE", "ledger");
    expect(await read("")).toMatchObject({ entries: [], totals: { requests: 0, billed_nano_usd: 0 } });
    await client().messages.create(ask("Hi"));
    expect((await read("")).entries[0].n).toBe(last.n + 1);
  });
});
