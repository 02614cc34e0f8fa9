import type { Event } from "@pawl/client";
import { expect, test } from "vitest";
import { gathering } from "../command-line.fixture.ts";
import { openOutput } from "../terminal/output.ts";
import { progressLines } from "./progress-lines.ts";
import { applyText, applyToProgress, beginProgress, type TaskProgress } from "./task-progress.ts";

const { stream } = gathering(true);
const out = openOutput({ stdout: stream, stderr: stream, env: { NO_COLOR: "1" } });
const budget = { max_cost_usd: 0.1, max_tokens: 1000, max_turns: 5, max_tool_calls: 9, timeout_ms: 60_000 };

let seq = 0;
const event = (type: string, data: Event["data"] = {}, attempt = 1): Event => {
  seq += 1;
  return { seq, type, at: "2026-11-22T10:00:00.000Z", attempt, data };
};
const usage = { input_tokens: 1, output_tokens: 2, cache_read_tokens: 30, cache_write_tokens: 400 };

/** A task in the middle of its second turn. */
function midway(): TaskProgress {
  const events = [
    event("task.submitted", { agent: "support", model: "claude-sonnet-5-5", budget }, 0),
    event("task.started"),
    event("model.requested", { model: "claude-sonnet-5-5", held_usd: 0.02 }),
    event("model.responded", { usage, cost_usd: 0.045 }),
    event("tool.started", { tool: "query_orders" }),
    event("tool.completed", { tool: "query_orders", cost_usd: 0.005 }),
    event("model.requested", { model: "claude-sonnet-5-5", held_usd: 0.02 }),
  ];
  return events.reduce(applyToProgress, beginProgress("task_1"));
}
const shown = (progress: TaskProgress, awayMs?: number) =>
  progressLines(out, progress, { nowMs: Date.parse("2026-11-22T10:00:07.900Z"), awayMs });

test("turns, calls, tokens and dollars are counted as the budget counts them", () => {
  expect(shown(applyText(midway(), "I found\n\x1b[2J65 orders"))).toEqual([
    "",
    "● running  7 s · support · claude-sonnet-5-5",
    "  turns 1/5   calls 1/9   tokens 433/1,000",
    "  ████████████░░░░░░░░░░░░ $0.050000 of $0.10 (50 %)  $0.020000 held",
    "  ┆ I found",
    "  ┆ \\x1b[2J65 orders",
  ]);
});

test("a survived crash, a wait, a raised budget and an end are seen", () => {
  const again = applyToProgress(midway(), event("task.started", {}, 2));
  expect(shown(again)[1]).toContain("attempt 2");
  expect(again.heldUsd).toBe(0);
  const parked = applyToProgress(again, event("task.waiting", { for: "budget" }));
  expect(shown(parked)[1]).toMatch(/^● waiting for budget /);
  const raised = applyToProgress(
    parked,
    event("task.resumed", { because: "request", budget: { max_cost_usd: 1 } }),
  );
  expect(shown(raised)[3]).toContain("$0.050000 of $1.00 (5.0 %)");
  expect(applyToProgress(raised, event("task.cancelled")).status).toBe("cancelled");
  expect(shown(raised, 2_000).at(-1)).toBe("  the api does not answer; trying again (2.0 s)");
});

test("no line is wider than the terminal, and of a long answer the end is shown", () => {
  const long = applyText(midway(), "word ".repeat(300));
  const lines = shown(long);
  expect(lines).toHaveLength(9);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100);
});
