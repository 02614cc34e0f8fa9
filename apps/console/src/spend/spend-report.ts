/** From the rows of a usage report to what a chart and a table show. */
import type { UsageRow } from "../api/shapes.ts";

export const DIMENSIONS = ["model", "user", "feature", "agent", "kind"] as const;
export type Dimension = (typeof DIMENSIONS)[number];
export const RANGES = ["1d", "7d", "30d", "90d"] as const;
export type Range = (typeof RANGES)[number];

const DAY_MS = 24 * 60 * 60 * 1000;

export function rangeOf(range: Range, nowMs: number): { from: string; to: string } {
  const days = Number.parseInt(range, 10);
  return { from: dayAt(nowMs - (days - 1) * DAY_MS), to: dayAt(nowMs) };
}

function dayAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

export type SpendTotal = {
  name: string;
  costUsd: number;
  calls: number;
  tokensIn: number;
  tokensOut: number;
};

/** The dearest first. */
export function totals(rows: readonly UsageRow[], by: Dimension): SpendTotal[] {
  const sums = new Map<string, SpendTotal>();
  for (const row of rows) {
    const name = row[by] ?? "";
    const sum = sums.get(name) ?? { name, costUsd: 0, calls: 0, tokensIn: 0, tokensOut: 0 };
    sums.set(name, {
      name,
      costUsd: sum.costUsd + row.cost_usd,
      calls: sum.calls + row.calls,
      tokensIn: sum.tokensIn + row.input_tokens + row.cache_read_tokens + row.cache_write_tokens,
      tokensOut: sum.tokensOut + row.output_tokens,
    });
  }
  return [...sums.values()].sort((a, b) => b.costUsd - a.costUsd);
}

export type DailySpend = { series: string[]; days: { day: string; amounts: number[] }[] };

/** So many are told apart by colour; the others are one. */
const MOST_SERIES = 6;
export const OTHERS = "\0others";

export function dailySpend(rows: readonly UsageRow[], by: Dimension, from: string, to: string): DailySpend {
  const names = totals(rows, by).map(({ name }) => name);
  const series = names.length > MOST_SERIES + 1 ? [...names.slice(0, MOST_SERIES), OTHERS] : names;
  const days: DailySpend["days"] = [];
  for (let ms = Date.parse(from); ms <= Date.parse(to); ms += DAY_MS) {
    days.push({ day: dayAt(ms), amounts: series.map(() => 0) });
  }
  const byDay = new Map(days.map((day) => [day.day, day.amounts]));
  for (const row of rows) {
    const amounts = byDay.get(row.day ?? "");
    const at = series.indexOf(row[by] ?? "");
    const index = at === -1 ? series.length - 1 : at;
    if (amounts !== undefined) amounts[index] = (amounts[index] ?? 0) + row.cost_usd;
  }
  return { series, days };
}

export function labelOf(name: string, by: Dimension): string {
  if (name === OTHERS) return "all others";
  return name === "" ? `no ${by}` : name;
}
