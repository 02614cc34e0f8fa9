import { createServer } from "node:http";
import { expect, test } from "vitest";
import { makeEventLines } from "./describe-event.ts";
import { followTask, readServerSentEvents } from "./follow-task.ts";

const streamOf = (parts: string[]) =>
  new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });

test("events are read however the bytes are cut, heartbeats are passed over", async () => {
  const text = ': beat\n\nid: 1\ndata: {"a":\ndata: 1}\n\ndata:x\r\n\r\ndata: unfinished';
  for (const size of [1, 4, 100]) {
    const parts = text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
    const found: string[] = [];
    for await (const data of readServerSentEvents(streamOf(parts))) found.push(data);
    expect(found).toEqual(['{"a":\n1}', "x"]);
  }
});

test("a connection that breaks is resumed after the last event, and each event comes once", async () => {
  const asked: (string | string[] | undefined)[] = [];
  const event = (seq: number, type: string) =>
    `id: ${seq}\ndata: ${JSON.stringify({ seq, type, data: {} })}\n\n`;
  const server = createServer((request, response) => {
    asked.push(request.headers["last-event-id"]);
    if (asked.length === 1)
      response.write(event(1, "task.submitted") + event(2, "task.started"), () => response.destroy());
    else response.end(event(2, "task.started") + event(3, "task.completed"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const seqs: number[] = [];
  const { signal } = new AbortController();
  for await (const { seq } of followTask({ eventsUrl: `http://127.0.0.1:${port}/`, key: "k", signal }))
    seqs.push(seq);
  server.close();
  expect(seqs).toEqual([1, 2, 3]);
  expect(asked).toEqual([undefined, "2"]);
});

test("each event that says something new is one line", () => {
  const describe = makeEventLines();
  const usage = { input_tokens: 100, output_tokens: 20, cache_read_tokens: 900, cache_write_tokens: 0 };
  const content = [
    { type: "text", text: "…" },
    { type: "tool_use", name: "query_orders" },
  ];
  const data = { model: "claude-haiku-5-5", usage, content, cost_usd: 0.0012 };
  expect(describe({ seq: 1, type: "task.submitted", data: {} })).toBeUndefined();
  expect(describe({ seq: 2, type: "model.responded", data })).toBe(
    "turn 1: claude-haiku-5-5 asks for query_orders (1000 tokens in, 20 out, $0.001200)",
  );
  const failed = { tool: "send_email", error: { code: "tool_error", message: "no" } };
  expect(describe({ seq: 3, type: "tool.failed", data: failed })).toBe(
    "tool send_email failed: tool_error, no",
  );
  expect(describe({ seq: 4, type: "loop.warned", data: { message: "again?" } })).toBe("loop.warned: again?");
  expect(describe({ seq: 5, type: "something.new", data: {} })).toBe("something.new");
});
