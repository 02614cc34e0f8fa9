import type { NewEvent } from "@pawl/protocol";
import { expect, it } from "vitest";
import { compressingCodec as codec } from "./codec.ts";

function answer(content: string): NewEvent {
  return {
    type: "tool.completed",
    data: { call: "c1", tool: "look", content, duration_ms: 3, cost_nano_usd: 5 },
  };
}

function stored(event: NewEvent): Buffer {
  const bytes = codec.encode(event);
  return typeof bytes === "string" ? Buffer.from(bytes) : bytes;
}

it.each([
  ["t", "a line"],
  ["t", ""],
  ["t", '{"order_id":"ORD-1"}\n{"order_id":"ORD-2"}\n'],
  ["t", "\nü, 😀, \u2028, \u0000 and \\n"],
  ["j", "half of one: \ud83d"],
  ["z", "long enough to be deflated. ".repeat(400)],
])("gives back a tool's answer, member by member and in their order, from the form %s", (form, content) => {
  const bytes = stored(answer(content));
  expect(bytes.toString("latin1", 0, 1)).toBe(form);
  expect(JSON.stringify(codec.decode(bytes))).toBe(JSON.stringify(answer(content)));
});

it("writes no quote of an answer twice", () => {
  const rows = '{"a":"b","c":"d"}\n'.repeat(50);
  expect(stored(answer(rows)).length).toBeLessThan(rows.length + 150);
});

it("knows what it does not know", () => {
  expect(() => codec.decode(Buffer.from("x[]"))).toThrow("an event of unknown form 120");
});
