/** Prints what was measured, a rater a column, so that ours and the others stand side by side. */
import type { Measures } from "./measure.ts";

const FIRST = 44;
const COLUMN = 16;

/** The lines of one comparison's table. */
export function tableOf(title: string, measures: readonly Measures[]): string[] {
  const line = (first: string, cells: readonly string[]) =>
    first.slice(0, FIRST - 2).padEnd(FIRST) + cells.map((cell) => cell.padStart(COLUMN)).join("");
  const sources = measures[0]?.bySource ?? [];
  const shares = (bad: boolean, label: string) =>
    sources
      .filter((source) => source.bad === bad)
      .map(({ source, count }) =>
        line(
          `  ${label} ${source} (${count})`,
          measures.map(({ bySource }) =>
            percent(bySource.find((other) => other.source === source && other.bad === bad)?.alarms),
          ),
        ),
      );
  return [
    line(
      title,
      measures.map(({ name }) => name),
    ),
    line(
      "recall",
      measures.map(({ recall }) => percent(recall)),
    ),
    ...shares(true, "of"),
    line(
      "false alarms",
      measures.map(({ falseAlarms }) => percent(falseAlarms)),
    ),
    ...shares(false, "in"),
    line(
      "AUC",
      measures.map(({ auc }) => auc?.toFixed(3) ?? "-"),
    ),
    line(
      "µs per KB",
      measures.map(({ microsPerKb }) => microsPerKb.toFixed(0)),
    ),
  ];
}

function percent(share: number | undefined): string {
  return share === undefined ? "-" : `${(share * 100).toFixed(2)} %`;
}
