/**
 * What Prometheus is told of tasks: counts over the events that this worker recorded. Sums over the fleet are right
 * however tasks move between workers, since an event is recorded once. No label is a user's or a tenant's word.
 */
import { type NewEvent, type TokenUsage, usdFromNano } from "@pawl/protocol";
import { Counter, Histogram, type Registry } from "@pawl/service";

export type TaskMetrics = { count: (event: NewEvent, agent: string) => void };

/** From the fastest simulator to the longest of answers. */
const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180];

export function taskMetrics(registry: Registry): TaskMetrics {
  const registers = [registry];
  const counter = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    collect = () => {},
  ) => new Counter({ name, help, labelNames, registers, collect });
  const seconds = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram({ name, help, labelNames, buckets: SECONDS, registers });

  const ended = counter("pawl_tasks_ended_total", "Tasks that ended, by why.", [
    "agent",
    "status",
    "stop_reason",
  ]);
  const waiting = counter("pawl_tasks_waiting_total", "Times that a task began to wait, by for what.", [
    "for",
  ]);
  const tokens = counter("pawl_tokens_total", "Tokens of model calls.", ["model", "kind"], tellUntold);
  const usd = counter(
    "pawl_cost_usd_total",
    "What calls cost, in US dollars, worst cases included.",
    ["kind", "name"],
    tellUntold,
  );
  const modelSeconds = seconds("pawl_model_call_seconds", "Model calls that were answered.", ["model"]);
  const modelFailures = counter("pawl_model_failures_total", "Model calls that failed.", ["code", "status"]);
  const downgrades = counter("pawl_model_downgrades_total", "Tasks that went on with another model.", [
    "because",
  ]);
  const toolSeconds = seconds("pawl_tool_call_seconds", "Tool calls that were answered.", ["tool"]);
  const toolFailures = counter("pawl_tool_failures_total", "Tool calls that failed.", ["tool", "code"]);
  const blocked = counter(
    "pawl_tool_calls_blocked_total",
    "Calls answered from memory, as they ran in circles.",
    ["tool"],
  );
  const findings = counter(
    "pawl_guard_findings_total",
    "What the guards of tasks found, by what was done about the text.",
    ["guard", "direction", "action"],
  );
  const judgements = counter("pawl_guard_judgements_total", "What others said of texts for the guards.", [
    "by",
    "answer",
  ]);
  const loops = counter("pawl_loops_total", "What the loop detector said.", ["verdict", "rule"]);

  /** By model. Prometheus asks four times a minute; to tell it five sums of each call would cost more than the fold. */
  const untold = new Map<string, { usage: TokenUsage; nanoUsd: number }>();

  function countCall(model: string, usage: TokenUsage, nanoUsd: number): void {
    const sum = untold.get(model);
    if (sum === undefined) {
      untold.set(model, { usage: { ...usage }, nanoUsd });
      return;
    }
    sum.usage.input_tokens += usage.input_tokens;
    sum.usage.output_tokens += usage.output_tokens;
    sum.usage.cache_read_tokens += usage.cache_read_tokens;
    sum.usage.cache_write_tokens += usage.cache_write_tokens;
    sum.nanoUsd += nanoUsd;
  }

  function tellUntold(): void {
    for (const [model, { usage, nanoUsd }] of untold) {
      tokens.inc({ model, kind: "input" }, usage.input_tokens);
      tokens.inc({ model, kind: "output" }, usage.output_tokens);
      tokens.inc({ model, kind: "cache_read" }, usage.cache_read_tokens);
      tokens.inc({ model, kind: "cache_write" }, usage.cache_write_tokens);
      usd.inc({ kind: "model", name: model }, usdFromNano(nanoUsd));
    }
    untold.clear();
  }

  function countEnd(status: string, stopReason: string, agent: string): void {
    ended.inc({ agent, status, stop_reason: stopReason });
  }

  return {
    count(event, agent) {
      switch (event.type) {
        case "model.responded": {
          const { model, usage, cost_nano_usd, duration_ms } = event.data;
          countCall(model, usage, cost_nano_usd);
          modelSeconds.observe({ model }, duration_ms / 1000);
          break;
        }
        case "model.failed":
          modelFailures.inc({ code: event.data.error.code, status: event.data.status ?? "none" });
          usd.inc({ kind: "model", name: "unconfirmed" }, usdFromNano(event.data.cost_nano_usd));
          break;
        case "model.downgraded":
          downgrades.inc({ because: event.data.because });
          break;
        case "tool.completed":
        case "tool.failed": {
          const { tool, duration_ms, cost_nano_usd = 0 } = event.data;
          if (event.data.blocked !== undefined) blocked.inc({ tool });
          else toolSeconds.observe({ tool }, duration_ms / 1000);
          if (event.type === "tool.failed") toolFailures.inc({ tool, code: event.data.error.code });
          if (cost_nano_usd > 0) usd.inc({ kind: "tool", name: tool }, usdFromNano(cost_nano_usd));
          break;
        }
        case "guardrail.flagged":
          for (const { guard } of event.data.findings)
            findings.inc({ guard, direction: event.data.direction, action: event.data.action });
          break;
        case "guardrail.judged":
          judgements.inc({ by: event.data.by, answer: event.data.answer ?? event.data.because ?? "none" });
          break;
        case "loop.warned":
          loops.inc({ verdict: event.data.verdict, rule: event.data.rule });
          break;
        case "task.waiting":
          waiting.inc({ for: event.data.for });
          break;
        case "task.completed":
        case "task.stopped":
        case "task.failed":
          countEnd(event.type.slice("task.".length), event.data.stop_reason, agent);
          break;
      }
    },
  };
}
