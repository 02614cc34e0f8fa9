/** Results as a table for people and as one JSON document for machines. */
import type { Figure } from "./benchmark.ts";
import type { Machine } from "./machine.ts";

export type Report = { machine: Machine; date: string; results: readonly Figure[] };

export function jsonReport(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

const headings = ["figure", "value", "unit", "reference", "ratio", "floor", "", "beside it"];

export function tableReport({ machine, date, results }: Report): string {
  const rows = results.map(({ name, value, unit, reference, ratio, target, ok, note }) => [
    name,
    value === null ? "failed" : String(value),
    unit,
    String(reference ?? ""),
    ratio === null ? "" : ratio.toFixed(2),
    String(target ?? ""),
    ok === null ? "" : ok ? "ok" : "MISSED",
    note,
  ]);
  const widths = headings.map((heading, column) =>
    Math.max(...[heading, ...rows.map((row) => row[column] ?? "")].slice(0, 1 + rows.length).map(length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === cells.length - 1
          ? cell
          : isNumeric(column)
            ? cell.padStart(widths[column] ?? 0)
            : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  const about = `${machine.cpus} × ${machine.cpu_model}, ${machine.memory_gb} GB, Node ${machine.node}, load ${machine.load_average.join(" ")}`;
  return [`${date}  ${about}`, "", line(headings), ...rows.map(line), ""].join("\n");
}

/** value, reference, ratio, floor */
function isNumeric(column: number): boolean {
  return [1, 3, 4, 5].includes(column);
}

function length(text: string): number {
  return text.length;
}
