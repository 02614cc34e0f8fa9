/** The real SDK against the simulator, over real HTTP: what counts as an answer, and what every failure means. */
import { getEventListeners } from "node:events";
import { afterAll, describe, expect, it } from "vitest";
import { startSimulator } from "../../../../apps/simulator/src/index.ts";
import { type ScriptStep, script as scriptSimulator } from "../../../../test/support/simulator-script.ts";
import { modelFailures, rowOfStatus } from "../failure-table.ts";
import type { Message } from "../task/message.ts";
import { submittedEvent } from "../task/task-run.fixture.ts";
import { anthropicModel, type ModelRequest } from "./ask-model.ts";
import { modelFailure } from "./failure.ts";

const IDLE_MS = 400;
const simulator = await startSimulator();
afterAll(() => simulator.close());
const model = anthropicModel({ apiKey: "sim", baseUrl: simulator.url, idleTimeoutMs: IDLE_MS });

function request(word: string, over: Partial<ModelRequest> = {}): ModelRequest {
  const event = submittedEvent([]);
  if (event.type !== "task.submitted") throw new Error("unreachable");
  return {
    model: "claude-sonnet-5-5",
    definition: event.data.definition,
    messages: [{ role: "user", content: [{ type: "text", text: word }] }],
    maxTokens: 500,
    mayUseTools: true,
    ...over,
  };
}

type Content = NonNullable<NonNullable<ScriptStep["reply"]>["content"]>;
const script = (...steps: ScriptStep[]) => scriptSimulator({ simulator }, steps);
const ask = (word: string, over: Partial<ModelRequest> = {}, signal = new AbortController().signal) =>
  model.ask(request(word, over), { signal, onText: () => {} });

const failureOf = async (asked: Promise<unknown>) => {
  try {
    await asked;
  } catch (error) {
    return modelFailure(error, Date.now());
  }
  throw new Error("it was answered");
};

describe("an answer", () => {
  it("is put together verbatim, with its usage, and its text is told as it comes", async () => {
    const content: Content = [
      { type: "thinking", thinking: "let me see", signature: "sig-1" },
      { type: "text", text: "I look it up. ".repeat(20) },
      { type: "tool_use", id: "toolu_1", name: "look", input: { deep: { list: [1, "two", null] } } },
    ];
    await script({ match: { contains: "verbatim." }, reply: { content, stop_reason: "tool_use" } });
    let told = "";
    const reply = await model.ask(request("verbatim."), {
      signal: new AbortController().signal,
      onText: (text) => {
        told += text;
      },
    });
    expect(reply.content).toMatchObject(content);
    expect(reply.stopReason).toBe("tool_use");
    expect(told).toBe("I look it up. ".repeat(20));
    expect(reply.usage.output_tokens).toBeGreaterThan(0);
    expect(reply.billed.output_tokens).toBe(reply.usage.output_tokens);
    expect(reply.malformed.size).toBe(0);
  });

  it("names a call whose input was no JSON, and keeps what it cost", async () => {
    const content: Content = [{ type: "tool_use", id: "toolu_2", name: "look", input: { x: 1 } }];
    await script({
      match: { contains: "malformed." },
      reply: { content, stop_reason: "tool_use" },
      fault: { kind: "malformed_tool_input" },
    });
    const reply = await ask("malformed.");
    expect([...reply.malformed.keys()]).toEqual(["toolu_2"]);
    expect(reply.content).toMatchObject([{ type: "tool_use", input: {} }]);
    expect(reply.usage.output_tokens).toBeGreaterThan(0);
  });

  it("reads the prefix from the cache on the next turn", async () => {
    const first = await ask("cached. ".repeat(200));
    const again = await ask("cached. ".repeat(200));
    expect(first.usage.cache_write_tokens).toBeGreaterThan(0);
    expect(again.usage.cache_read_tokens).toBeGreaterThanOrEqual(first.usage.cache_write_tokens);
  });

  it("reads in each of fifty turns all that the one before it was sent, however many blocks a turn adds", async () => {
    const tools = [{ name: "look", description: "Looks.", input_schema: { type: "object" as const } }];
    const definition = {
      ...request("").definition,
      tools: tools.map((t) => ({ ...t, effect: "read" as const })),
    };
    const messages: Message[] = [{ role: "user", content: [{ type: "text", text: "fifty turns." }] }];
    let sentBefore = 0;
    for (let turn = 1; turn <= 50; turn += 1) {
      const { usage } = await ask("", { definition, messages, mayUseTools: turn < 50 });
      // The first has nothing to read, and all is written that is not read.
      expect(usage.cache_read_tokens, `turn ${turn}`).toBe(sentBefore);
      expect(usage.input_tokens).toBe(0);
      sentBefore = usage.cache_read_tokens + usage.cache_write_tokens;
      const calls = Array.from({ length: turn % 10 === 0 ? 25 : 1 }, (_, n) => `toolu_${turn}_${n}`);
      messages.push(
        {
          role: "assistant",
          content: calls.map((id) => ({ type: "tool_use", id, name: "look", input: {} })),
        },
        {
          role: "user",
          content: calls.map((id) => ({
            type: "tool_result",
            tool_use_id: id,
            content: `seen ${id}. `.repeat(50),
          })),
        },
      );
    }
  });

  it("finds the task in the cache when what came after it was cleared", async () => {
    const task = { role: "user" as const, content: [{ type: "text", text: "the task. ".repeat(500) }] };
    // So many blocks that no other breakpoint looks back as far as the task.
    const after = (said: string): Message[] => [
      task,
      { role: "assistant", content: [{ type: "text", text: "Well." }] },
      { role: "user", content: Array.from({ length: 25 }, () => ({ type: "text", text: said })) },
      { role: "assistant", content: [{ type: "text", text: "So." }] },
      { role: "user", content: [{ type: "text", text: "Go on." }] },
    ];
    const first = await ask("", { messages: [task] });
    await ask("", { messages: after("one thing. ") });
    const cleared = await ask("", { messages: after("another thing. ") });
    expect(cleared.usage.cache_read_tokens).toBeGreaterThanOrEqual(first.usage.cache_write_tokens);
  });

  it("is counted by the provider without being asked for", async () => {
    const count = await model.countTokens(request("count me"), new AbortController().signal);
    expect(count).toBeGreaterThan(0);
  });
});

describe("a stream that is no answer", () => {
  const broken: [string, NonNullable<ScriptStep["fault"]>][] = [
    ["is cut", { kind: "cut", after_events: 2 }],
    ["is reset", { kind: "reset", after_bytes: 40 }],
    ["ends politely without its message's end", { kind: "clean_eof", after_events: 3 }],
    ["stalls in the middle", { kind: "stall", after_events: 2 }],
    ["stalls before its headers", { kind: "stall", before_headers: true }],
    ["brings an error", { kind: "sse_error", after_events: 2, error_type: "overloaded_error" }],
  ];
  it.each(broken)("%s: worth another try, and may have been billed", async (name, fault) => {
    await script({ match: { contains: `${name}.` }, fault });
    expect(await failureOf(ask(`${name}.`))).toMatchObject({
      code: "model_stream_broken",
      retryable: true,
      billed: "unknown",
      status: null,
    });
  });

  it("is not mistaken for a stall while it is only slow", async () => {
    const content: Content = [{ type: "text", text: "slow ".repeat(12) }];
    await script({ match: { contains: "slowly." }, reply: { content }, token_delay_ms: IDLE_MS / 4 });
    const startedAt = performance.now();
    await ask("slowly.");
    expect(performance.now() - startedAt).toBeGreaterThan(IDLE_MS);
  });
});

describe("a refused request", () => {
  /** What the simulator can say; the table has more. */
  const served = new Set([400, 401, 402, 403, 404, 413, 429, 500, 503, 504, 529]);
  const rows = Object.entries(modelFailures).flatMap(([kind, row]) =>
    row.statuses.filter((status) => served.has(status)).map((status) => ({ kind, status, row })),
  );
  it.each(rows)("with $status is $kind", async ({ status, row }) => {
    await script({ match: { contains: `status ${status}.` }, fault: { kind: "status", status } });
    expect(await failureOf(ask(`status ${status}.`))).toMatchObject({
      status,
      retryable: row.class === "transient",
      billed: row.billed,
      code: row.code,
    });
  });

  it("of a status that nobody foresaw is tried again from 500 on only", () => {
    expect([rowOfStatus(418).class, rowOfStatus(507).class]).toEqual(["permanent", "transient"]);
    // Known to be free are load and what was never sent, and nothing else.
    const free = Object.entries(modelFailures).flatMap(([kind, { billed }]) =>
      billed === "no" ? [kind] : [],
    );
    expect(free).toEqual(["rate_limited", "overloaded", "never_connected"]);
  });

  it("is asked for once, and says when to come back", async () => {
    await script({
      match: { contains: "later." },
      fault: { kind: "status", status: 429, retry_after_s: 12 },
    });
    expect(await failureOf(ask("later."))).toMatchObject({ retryAfterMs: 12_000 });
    const ledger = await fetch(`${simulator.url}/control/ledger?contains=later.`);
    expect(((await ledger.json()) as { entries: unknown[] }).entries).toHaveLength(1);
  });

  it("costs nothing where nobody listened", async () => {
    const gone = await startSimulator();
    await gone.close();
    const nobody = anthropicModel({ apiKey: "sim", baseUrl: gone.url, idleTimeoutMs: IDLE_MS });
    const signal = new AbortController().signal;
    const failure = await failureOf(nobody.ask(request("hello"), { signal, onText: () => {} }));
    expect(failure).toMatchObject({ code: "model_unavailable", retryable: true, billed: "no" });
  });
});

it("an abort ends the request at once and rejects", async () => {
  const content: Content = [{ type: "text", text: "on and on ".repeat(50) }];
  await script({
    match: { contains: "aborted." },
    reply: { content },
    fault: { kind: "stall", after_events: 6 },
  });
  const abort = new AbortController();
  const onText = () => abort.abort(new Error("enough"));
  await expect(model.ask(request("aborted."), { signal: abort.signal, onText })).rejects.toThrow("enough");
});

it("a task's signal, which outlives its calls, is left as it was", async () => {
  const { signal } = new AbortController();
  await script(
    { match: { contains: "left alone." } },
    { match: { contains: "left alone." }, fault: { kind: "cut", after_events: 2 } },
    { match: { contains: "left alone." }, fault: { kind: "status", status: 400 } },
  );
  await ask("left alone.", {}, signal);
  await failureOf(ask("left alone.", {}, signal));
  await failureOf(ask("left alone.", {}, signal));
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
