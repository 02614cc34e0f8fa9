/** How much of each limit is used: what is spent for certain, what may have been, and what is held at this moment. */
import type { Task } from "../api/shapes.ts";
import { useNowMs } from "../parts/clock.tsx";
import { count, duration, percent, shortCount, usd } from "../text/format.ts";
import type { Timeline } from "./timeline-model.ts";

type Gauge = {
  name: string;
  used: number;
  most: number;
  text: string;
  /** Parts of `most`, in the order in which they are drawn. */
  parts: { kind: "spent" | "unconfirmed" | "held"; amount: number; words: string }[];
};

export function BudgetGauges({ task, timeline }: { task: Task; timeline: Timeline }) {
  const nowMs = useNowMs();
  return (
    <dl className="gauges">
      {gaugesOf(task, timeline, nowMs).map((gauge) => (
        <div key={gauge.name} className="gauge" data-high={gauge.used > 0.9 * gauge.most || undefined}>
          <dt>{gauge.name}</dt>
          <dd className="tabular">
            {gauge.text}
            <span className="faint"> {percent(gauge.used, gauge.most)}</span>
          </dd>
          <dd>
            {/* biome-ignore lint/a11y/useSemanticElements: a <meter> shows one amount, this one three */}
            <div
              className="meter"
              role="meter"
              aria-label={`${gauge.name} used`}
              aria-valuemin={0}
              aria-valuemax={100}
              aria-valuenow={Math.round(Math.min(1, gauge.used / Math.max(gauge.most, 1e-9)) * 100)}
              aria-valuetext={`${gauge.text}: ${gauge.parts.map(({ words }) => words).join(", ")}`}
            >
              {gauge.parts.map(({ kind, amount, words }) =>
                amount <= 0 ? null : (
                  <span
                    key={kind}
                    data-part={kind}
                    title={words}
                    style={{ width: `${Math.min(100, (amount / Math.max(gauge.most, 1e-9)) * 100)}%` }}
                  />
                ),
              )}
            </div>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function gaugesOf(task: Task, timeline: Timeline, nowMs: number): Gauge[] {
  const { usage, budget, cost } = task;
  const tokens =
    usage.input_tokens + usage.output_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
  const held = timeline.rows.reduce(
    (sum, row) => sum + (row.kind === "turn" && row.outcome === "open" ? row.costUsd : 0),
    0,
  );
  const beganMs = Date.parse(task.started_at ?? task.created_at);
  const tookMs = (task.finished_at === null ? nowMs : Date.parse(task.finished_at)) - beganMs;
  const certain = cost.usd - cost.unconfirmed_usd;
  const plain = (name: string, used: number, most: number, text: string): Gauge => ({
    name,
    used,
    most,
    text,
    parts: [{ kind: "spent", amount: used, words: `${text} used` }],
  });
  return [
    {
      name: "Cost",
      used: cost.usd,
      most: budget.max_cost_usd,
      text: `${usd(cost.usd)} of ${usd(budget.max_cost_usd)}`,
      parts: [
        { kind: "spent", amount: certain, words: `${usd(certain)} spent` },
        {
          kind: "unconfirmed",
          amount: cost.unconfirmed_usd,
          words: `${usd(cost.unconfirmed_usd)} charged at its worst case`,
        },
        { kind: "held", amount: held, words: `${usd(held)} held for the call under way` },
      ],
    },
    plain("Tokens", tokens, budget.max_tokens, `${shortCount(tokens)} of ${shortCount(budget.max_tokens)}`),
    plain(
      "Turns",
      timeline.turns,
      budget.max_turns,
      `${count(timeline.turns)} of ${count(budget.max_turns)}`,
    ),
    plain(
      "Tool calls",
      usage.tool_calls,
      budget.max_tool_calls,
      `${count(usage.tool_calls)} of ${count(budget.max_tool_calls)}`,
    ),
    plain(
      "Time",
      Math.max(0, tookMs),
      budget.timeout_ms,
      `${duration(tookMs)} of ${duration(budget.timeout_ms)}`,
    ),
  ];
}
