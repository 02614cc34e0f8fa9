import { expect, test } from "vitest";
import { makeEventLines } from "./describe-event.ts";

test("each event that says something new is one line", () => {
  const describe = makeEventLines();
  const usage = { input_tokens: 100, output_tokens: 20, cache_read_tokens: 900, cache_write_tokens: 0 };
  const content = [
    { type: "text", text: "…" },
    { type: "tool_use", name: "query_orders" },
  ];
  const data = { model: "claude-haiku-5-5", usage, content, cost_usd: 0.0012 };
  expect(describe({ type: "task.submitted", data: {} })).toBeUndefined();
  expect(describe({ type: "model.responded", data })).toBe(
    "turn 1: claude-haiku-5-5 asks for query_orders (1000 tokens in, 20 out, $0.001200)",
  );
  const failed = { tool: "send_email", error: { code: "tool_error", message: "no" } };
  expect(describe({ type: "tool.failed", data: failed })).toBe("tool send_email failed: tool_error, no");
  expect(describe({ type: "loop.warned", data: { message: "again?" } })).toBe("loop.warned: again?");
  expect(describe({ type: "something.new", data: {} })).toBe("something.new");
});
