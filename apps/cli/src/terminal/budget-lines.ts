/** Budgets as people look at them: each window with what is spent, what is held and what is left. */
import type { BudgetWindow } from "@pawl/client";
import { ago, bar, dollars, limitDollars, percent } from "./amounts.ts";
import type { Output } from "./output.ts";
import { type Column, tableLines } from "./table.ts";

export type BudgetRow = BudgetWindow & { whose: string };

export function budgetLines(out: Output, rows: readonly BudgetRow[], nowMs: number): string[] {
  const share = (row: BudgetRow) =>
    row.limit_usd === 0 ? 1 : (row.spent_usd + row.held_usd) / row.limit_usd;
  const columns: Column<BudgetRow>[] = [
    { title: "BUDGET", cell: (row) => row.whose },
    { title: "WINDOW", cell: (row) => row.window },
    { title: "LIMIT", cell: (row) => limitDollars(row.limit_usd), alignRight: true },
    { title: "SPENT", cell: (row) => dollars(row.spent_usd), alignRight: true },
    { title: "HELD", cell: (row) => dollars(row.held_usd), alignRight: true },
    { title: "LEFT", cell: (row) => dollars(row.left_usd), alignRight: true },
    {
      title: "",
      cell: (row) => `${bar(share(row), 12)} ${percent(share(row))}`,
      colour: (row) => (share(row) >= 1 ? "red" : share(row) >= 0.8 ? "yellow" : "green"),
    },
    {
      title: "SOFT",
      cell: (row) => (row.soft_usd === null ? "-" : limitDollars(row.soft_usd)),
      alignRight: true,
    },
    { title: "WHEN SPENT", cell: (row) => row.on_exceeded },
    { title: "RESETS", cell: (row) => (row.resets_at === null ? "never" : ago(row.resets_at, nowMs)) },
    { title: "FROM", cell: (row) => row.source },
  ];
  return tableLines(out, columns, rows);
}
