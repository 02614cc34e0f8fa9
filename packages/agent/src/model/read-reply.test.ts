/** Replies as gateways spell them, over real HTTP and through the real SDK. */
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { submittedEvent } from "../task/task-run.fixture.ts";
import { anthropicModel } from "./ask-model.ts";
import { modelFailure } from "./failure.ts";
import { gone, startPeer } from "./peer.fixture.ts";

const usage = { input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 4, service_tier: "standard" };
const start = { type: "message_start", message: { id: "msg_1", role: "assistant", content: [], usage } };
const delta = {
  type: "message_delta",
  delta: { stop_reason: "end_turn" },
  usage: { output_tokens: 7, server_tool_use: { web_search_requests: 1 } },
};
const stop = { type: "message_stop" };
const textBlock = (index: number, ...pieces: unknown[]) => [
  { type: "content_block_start", index, content_block: { type: "text", text: "" } },
  ...pieces.map((text) => ({ type: "content_block_delta", index, delta: { type: "text_delta", text } })),
  { type: "content_block_stop", index },
];

type Sent = { type: string } & Record<string, unknown>;
const frame = (event: Sent) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const frames = (...events: Sent[]) => events.map(frame).join("");
const SSE = "text/event-stream";

/** One request to a server that answers 200 with that, and goes on as `after` says. */
async function ask(body: string, { type = SSE, after = "end" }: { type?: string; after?: string } = {}) {
  const closed = Promise.withResolvers<void>();
  const { url } = await startPeer((_request, response) => {
    response.writeHead(200, { "content-type": type, "request-id": "req_1" });
    void gone(response).then(closed.resolve);
    response.write(body, () => {
      if (after === "end") response.end();
      if (after === "cut") response.destroy();
    });
  });
  const event = submittedEvent([]);
  if (event.type !== "task.submitted") throw new Error("unreachable");
  const model = anthropicModel({ apiKey: "none", baseUrl: url, idleTimeoutMs: 5_000 });
  const request = {
    model: "claude-sonnet-5-5",
    definition: event.data.definition,
    messages: [{ role: "user" as const, content: [{ type: "text", text: "hello" }] }],
    maxTokens: 100,
    mayUseTools: true,
  };
  const { signal } = new AbortController();
  const told: string[] = [];
  const reply = model.ask(request, { signal, onText: (text) => void told.push(text) });
  return { reply, told, closed: closed.promise };
}

describe("a reply", () => {
  it("is whole with message_stop, whatever becomes of the connection", async () => {
    const body = frames(start, ...textBlock(0, "hel", "lo"), delta, stop);
    for (const after of ["end", "cut", "stay open"]) {
      const { reply, told } = await ask(body, { after });
      expect((await reply).content, after).toEqual([{ type: "text", text: "hello" }]);
      expect(told).toEqual(["hel", "lo"]);
    }
  });

  it("has its blocks in the order in which they began, whatever their numbers", async () => {
    const { reply } = await ask(
      frames(start, ...textBlock(1_000_000, "a"), ...textBlock(3, "b"), delta, stop),
    );
    expect((await reply).content).toEqual([
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ]);
  });

  it("keeps citations and signatures, and passes over events, deltas and texts it does not know", async () => {
    const block = (index: number, content_block: object, ...deltas: object[]) => [
      { type: "content_block_start", index, content_block },
      ...deltas.map((one) => ({ type: "content_block_delta", index, delta: one })),
    ];
    const { reply, told } = await ask(
      frames(
        start,
        { type: "new_event" },
        ...block(
          0,
          { type: "thinking", thinking: "" },
          { type: "thinking_delta", thinking: "hm" },
          { type: "signature_delta", signature: "sig" },
        ),
        ...block(
          1,
          { type: "text", text: "", citations: null },
          { type: "text_delta", text: "a" },
          { type: "text_delta", text: null },
          { type: "new_delta" },
          { type: "citations_delta", citation: { cited_text: "1" } },
          { type: "citations_delta", citation: { cited_text: "2" } },
        ),
        delta,
        stop,
      ),
    );
    expect((await reply).content).toEqual([
      { type: "thinking", thinking: "hm", signature: "sig" },
      { type: "text", text: "a", citations: [{ cited_text: "1" }, { cited_text: "2" }] },
    ]);
    expect(told.join("")).toBe("a");
  });

  it("has all that its price depends on, from its start and its end", async () => {
    const { billed, usage: counted } = await (await ask(frames(start, delta, stop))).reply;
    expect(billed).toMatchObject({
      input_tokens: 10,
      output_tokens: 7,
      cache_read_input_tokens: 4,
      service_tier: "standard",
      server_tool_use: { web_search_requests: 1 },
    });
    expect(counted).toMatchObject({ input_tokens: 10, output_tokens: 7, cache_read_tokens: 4 });
  });

  it("has the larger of each count where its start and its end disagree, and one that is none to be refused", async () => {
    const message = { ...start.message, usage: { ...usage, input_tokens: 9_000, output_tokens: 3 } };
    const usageAt = async (end: object) =>
      (await (await ask(frames({ ...start, message }, { ...delta, usage: end }, stop))).reply).billed;
    expect(await usageAt({ input_tokens: 0, output_tokens: 2, cache_read_input_tokens: 8 })).toMatchObject({
      input_tokens: 9_000,
      output_tokens: 3,
      cache_read_input_tokens: 8,
    });
    expect(await usageAt({ input_tokens: -1, output_tokens: 7 })).toMatchObject({ input_tokens: -1 });
    expect((await usageAt({ input_tokens: 9_000 })).output_tokens).toBeNaN();
  });

  it("counts what was written to the cache by its split where the sum is missing or smaller", async () => {
    const cache_creation = { ephemeral_5m_input_tokens: 900, ephemeral_1h_input_tokens: 50 };
    for (const cache_creation_input_tokens of [undefined, 0, 100]) {
      const message = { ...start.message, usage: { ...usage, cache_creation, cache_creation_input_tokens } };
      const { reply } = await ask(frames({ ...start, message }, delta, stop));
      expect((await reply).usage.cache_write_tokens).toBe(950);
    }
  });

  it("without a usage is a reply without a price", async () => {
    const silent = { ...delta, usage: undefined };
    const { billed, usage: counted } = await (await ask(frames(start, silent, stop))).reply;
    expect(billed.output_tokens).toBeNaN();
    expect(counted.output_tokens).toBe(0);
  });
});

describe("no reply, but a broken stream, is", () => {
  const broken: [string, string, { type?: string }?][] = [
    ["nothing", ""],
    ["a page of HTML", "<html>Welcome to the gateway</html>", { type: "text/html" }],
    ["JSON in one piece", JSON.stringify({ type: "message" }), { type: "application/json" }],
    ["a stream without its start", frames(delta, stop)],
    ["a stream without a stop reason", frames(start, { ...delta, delta: { stop_reason: null } }, stop)],
    ["a delta of no block", frames(start, ...textBlock(0, "a").slice(1), delta, stop)],
    ["an event that is no JSON", `${frames(start)}event: message_delta\ndata: {"type":\n\n${frames(stop)}`],
    ["an event that is null", `${frames(start)}event: message_delta\ndata: null\n\n${frames(stop)}`],
  ];
  it.each(broken)("%s", async (_name, body, options) => {
    const error = await (await ask(body, options)).reply.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(modelFailure(error, 0)).toMatchObject({
      code: "model_stream_broken",
      billed: "unknown",
      status: null,
    });
  });
});

describe("an error inside the stream", () => {
  it("is the SDK's own, with the request's id, and the connection is closed", async () => {
    const event = { type: "error", error: { type: "overloaded_error", message: "too much" } };
    const { reply, closed } = await ask(frames(start, event), { after: "stay open" });
    const error = await reply.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect(error).toMatchObject({ status: undefined, type: "overloaded_error", requestID: "req_1" });
    await closed;
  });

  it("need not be JSON", async () => {
    const { reply } = await ask(`${frames(start)}event: error\ndata: upstream is gone\n\n`);
    await expect(reply).rejects.toThrow("upstream is gone");
  });
});
