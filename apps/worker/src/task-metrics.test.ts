import type { NewEvent } from "@pawl/protocol";
import { createMetrics } from "@pawl/service";
import { expect, it } from "vitest";
import { taskMetrics } from "./task-metrics.ts";

const replied: NewEvent = {
  type: "model.responded",
  data: {
    call: "m1",
    model: "claude-sonnet-5-5",
    message_id: "msg_1",
    content: [],
    stop_reason: "end_turn",
    usage: { input_tokens: 10, output_tokens: 5, cache_read_tokens: 100, cache_write_tokens: 0 },
    cost_nano_usd: 2_500_000,
    duration_ms: 700,
  },
};

it("counts what the journal says, by names that are the operator's own", async () => {
  const registry = createMetrics("worker");
  const { count } = taskMetrics(registry);
  count(replied, "support");
  count(replied, "support");
  count(
    {
      type: "tool.completed",
      data: { call: "c1", tool: "look", content: "x", duration_ms: 3, blocked: { answered_in_turn: 1 } },
    },
    "support",
  );
  const finding = { guard: "injection", category: "indirect", score: 0.6 } as const;
  count(
    { type: "guardrail.flagged", data: { direction: "tool", action: "flag", findings: [finding, finding] } },
    "support",
  );
  count({ type: "guardrail.judged", data: { subject: "m1", by: "tone", because: "no_money" } }, "support");
  count({ type: "task.completed", data: { stop_reason: "end_turn" } }, "support");
  const lines = (await registry.metrics()).split("\n");
  const worker = 'process="worker"';
  for (const line of [
    `pawl_tokens_total{model="claude-sonnet-5-5",kind="cache_read",${worker}} 200`,
    `pawl_cost_usd_total{kind="model",name="claude-sonnet-5-5",${worker}} 0.005`,
    `pawl_model_call_seconds_count{model="claude-sonnet-5-5",${worker}} 2`,
    `pawl_tool_calls_blocked_total{tool="look",${worker}} 1`,
    `pawl_guard_findings_total{guard="injection",direction="tool",action="flag",${worker}} 2`,
    `pawl_guard_judgements_total{by="tone",answer="no_money",${worker}} 1`,
    `pawl_tasks_ended_total{agent="support",status="completed",stop_reason="end_turn",${worker}} 1`,
  ])
    expect(lines.map((text) => text.replace(/process="worker",(.*)\}/, '$1,process="worker"}'))).toContain(
      line,
    );
});

it("tells each call once, however often Prometheus asks", async () => {
  const registry = createMetrics("worker");
  const { count } = taskMetrics(registry);
  const told = async () => {
    const lines = (await registry.metrics()).split("\n");
    const find = (start: string) =>
      lines
        .find((line) => line.startsWith(start))
        ?.split(" ")
        .at(-1);
    return [find("pawl_tokens_total{model="), find("pawl_cost_usd_total{kind=")];
  };
  count(replied, "support");
  expect(await told()).toEqual(["10", "0.0025"]);
  expect(await told()).toEqual(["10", "0.0025"]);
  count(replied, "support");
  expect(await told()).toEqual(["20", "0.005"]);
});
