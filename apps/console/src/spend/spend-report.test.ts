import { expect, it } from "vitest";
import type { UsageRow } from "../api/shapes.ts";
import { dailySpend, labelOf, OTHERS, rangeOf, totals } from "./spend-report.ts";

const row = (day: string, user: string | null, cost_usd: number): UsageRow => ({
  day,
  user,
  cost_usd,
  unconfirmed_usd: 0,
  input_tokens: 10,
  output_tokens: 1,
  cache_read_tokens: 5,
  cache_write_tokens: 0,
  calls: 1,
});

it("adds up each name, the dearest first, and keeps those without one", () => {
  const sums = totals(
    [row("2026-11-21", "a", 1), row("2026-11-22", null, 5), row("2026-11-22", "a", 2)],
    "user",
  );
  expect(sums.map(({ name, costUsd, calls, tokensIn }) => [name, costUsd, calls, tokensIn])).toEqual([
    ["", 5, 1, 15],
    ["a", 3, 2, 30],
  ]);
  expect(labelOf("", "user")).toBe("no user");
});

it("shows every day of the range, also those on which nothing was spent", () => {
  const { days } = dailySpend([row("2026-11-22", "a", 2)], "user", "2026-11-20", "2026-11-22");
  expect(days).toEqual([
    { day: "2026-11-20", amounts: [0] },
    { day: "2026-11-21", amounts: [0] },
    { day: "2026-11-22", amounts: [2] },
  ]);
});

it("makes one of those that are too many to tell apart, and loses nothing of them", () => {
  const rows = Array.from({ length: 20 }, (_, n) => row("2026-11-22", `u${n}`, n + 1));
  const { series, days } = dailySpend(rows, "user", "2026-11-22", "2026-11-22");
  expect(series).toHaveLength(7);
  expect(series.at(-1)).toBe(OTHERS);
  expect(days[0]?.amounts.reduce((a, b) => a + b, 0)).toBe(210);
});

it("counts today among the days", () => {
  expect(rangeOf("7d", Date.UTC(2026, 10, 22, 23))).toEqual({ from: "2026-11-16", to: "2026-11-22" });
});
