// Lists of records as tools return them, and what can be said of one: how many, sums, most frequent values, dates.
// Nothing is assumed of the columns but their names and values.

import { isObject, type JsonObject } from "../json.ts";
import { nameWords } from "./words.ts";

export type Rows = {
  readonly label: string | undefined;
  readonly rows: readonly JsonObject[];
  readonly total: number | undefined;
};

export type RowsProfile = {
  readonly count: number;
  readonly sums: readonly { column: string; sum: number; mean: number; max: number; isMoney: boolean }[];
  readonly frequent: readonly {
    column: string;
    distinct: number;
    values: readonly { value: string; count: number; money: number | undefined }[];
  }[];
  readonly dates:
    | { column: string; from: string; to: string; busiestMonth: string; busiestCount: number }
    | undefined;
};

const MONEY = ["total", "amount", "price", "cost", "revenue", "spent", "sum", "value", "paid", "balance"];
const COUNTED = ["quantity", "qty", "units", "count", "hours", "minutes", "points", "items"];
const TELLING = [
  "category",
  "product",
  "item",
  "status",
  "type",
  "channel",
  "reason",
  "brand",
  "region",
  "country",
  "priority",
];
const ISO_DATE = /^\d{4}-\d{2}-\d{2}(?:$|[T ])/;
const MAX_VALUE_CHARS = 60;
const MAX_TOP = 3;

/** The rows in a JSON result: a list of objects, or the longest such list among its members. */
export function rowsOf(json: unknown): Rows | undefined {
  if (isRowList(json)) return { label: undefined, rows: json, total: undefined };
  if (!isObject(json)) return undefined;
  let best: Rows | undefined;
  for (const [key, value] of Object.entries(json)) {
    if (!isRowList(value) || value.length <= (best?.rows.length ?? -1)) continue;
    const label = ["data", "rows", "items", "results", "records", "list", "entries"].includes(key)
      ? undefined
      : key;
    best = { label, rows: value, total: totalOf(json) };
  }
  return best;
}

/** Rows of several pages in one list; a row that comes twice under the same id counts once. */
export function mergeRows(pages: readonly Rows[]): Rows {
  const seen = new Set<unknown>();
  const rows = pages
    .flatMap((page) => page.rows)
    .filter((row) => {
      const id = idOf(row);
      if (id === undefined) return true;
      const isNew = !seen.has(id);
      seen.add(id);
      return isNew;
    });
  return { label: pages.find(({ label }) => label !== undefined)?.label, rows, total: pages[0]?.total };
}

export function profileRows(rows: readonly JsonObject[]): RowsProfile {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const money = columns.find((column) => isNumeric(rows, column) && named(column, MONEY));
  return {
    count: rows.length,
    sums: columns
      .filter((column) => isNumeric(rows, column) && (named(column, MONEY) || named(column, COUNTED)))
      .map((column) => sumOf(rows, column))
      .sort((a, b) => Number(b.isMoney) - Number(a.isMoney))
      .slice(0, 4),
    frequent: columns
      .flatMap((column) => frequencyOf(rows, column, money))
      .sort((a, b) => rank(a.column) - rank(b.column))
      .slice(0, 5),
    dates: datesOf(rows, columns),
  };
}

/** Rows inside rows, such as an order's items: the first column that holds lists of records. */
export function nestedRows(rows: readonly JsonObject[]): Rows | undefined {
  for (const column of Object.keys(rows[0] ?? {})) {
    const inner = rows.flatMap((row) => (isRowList(row[column]) ? row[column] : []));
    if (inner.length > 0) return { label: column, rows: inner, total: undefined };
  }
  return undefined;
}

/** Whole numbers as they are, others to two places. */
export function amount(value: number): string {
  return grouped(Number.isInteger(value) ? String(value) : value.toFixed(2));
}

/** Commas between thousands. */
export function grouped(digits: string): string {
  const [whole = "0", fraction] = digits.split(".");
  const thousands = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  return fraction === undefined ? thousands : `${thousands}.${fraction}`;
}

function isRowList(value: unknown): value is JsonObject[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

function totalOf(json: JsonObject): number | undefined {
  const total = json.total_count ?? json.total ?? json.count;
  return typeof total === "number" && Number.isInteger(total) ? total : undefined;
}

function idOf(row: JsonObject): unknown {
  const key = "id" in row ? "id" : Object.keys(row)[0];
  return key !== undefined && (key === "id" || key.endsWith("_id") || key.endsWith("Id"))
    ? row[key]
    : undefined;
}

/** Whole numbers of cents are shown as money. */
function numbersOf(rows: readonly JsonObject[], column: string): number[] {
  const divisor = nameWords(column).includes("cents") ? 100 : 1;
  return rows.flatMap((row) => {
    const value = row[column];
    return typeof value === "number" && Number.isFinite(value) ? [value / divisor] : [];
  });
}

function isNumeric(rows: readonly JsonObject[], column: string): boolean {
  return !/(?:^|_)id$/i.test(column) && numbersOf(rows, column).length * 2 > rows.length;
}

function sumOf(rows: readonly JsonObject[], column: string): RowsProfile["sums"][number] {
  const values = numbersOf(rows, column);
  // Cents add up exactly, dollars do not.
  const sum = Math.round(values.reduce((total, value) => total + value, 0) * 100) / 100;
  const max = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return { column, sum, mean: sum / values.length, max, isMoney: named(column, MONEY) };
}

function frequencyOf(
  rows: readonly JsonObject[],
  column: string,
  money: string | undefined,
): RowsProfile["frequent"] {
  if (/(?:^|_)id$/i.test(column) || /[a-z]Id$/.test(column)) return [];
  const counts = new Map<string, { count: number; money: number }>();
  for (const row of rows) {
    const value = row[column];
    if (typeof value !== "string" && typeof value !== "boolean") continue;
    const text = String(value);
    if (
      text === "" ||
      text.length > MAX_VALUE_CHARS ||
      ISO_DATE.test(text) ||
      text.includes("@") ||
      /^https?:/.test(text)
    )
      return [];
    const entry = counts.get(text) ?? { count: 0, money: 0 };
    const paid = money === undefined ? 0 : (numbersOf([row], money)[0] ?? 0);
    counts.set(text, { count: entry.count + 1, money: entry.money + paid });
  }
  const isTelling = named(column, TELLING);
  // A column whose values hardly repeat says nothing by its most frequent ones.
  if (counts.size === 0 || (!isTelling && counts.size * 2 > rows.length && rows.length > 3)) return [];
  const values = [...counts]
    .sort(([a, x], [b, y]) => y.count - x.count || y.money - x.money || (a < b ? -1 : 1))
    .slice(0, MAX_TOP)
    .map(([value, entry]) => ({
      value,
      count: entry.count,
      money: money === undefined ? undefined : entry.money,
    }));
  return [{ column, distinct: counts.size, values }];
}

function datesOf(rows: readonly JsonObject[], columns: readonly string[]): RowsProfile["dates"] {
  const isDates = (column: string) => {
    const values = rows.map((row) => row[column]).filter((value) => value !== null && value !== undefined);
    return values.length > 0 && values.every((value) => typeof value === "string" && ISO_DATE.test(value));
  };
  const column = columns.find(isDates);
  if (column === undefined) return undefined;
  const days = rows
    .flatMap((row) => (typeof row[column] === "string" ? [row[column].slice(0, 10)] : []))
    .sort();
  const months = new Map<string, number>();
  for (const day of days) months.set(day.slice(0, 7), (months.get(day.slice(0, 7)) ?? 0) + 1);
  const [busiestMonth = "", busiestCount = 0] = [...months].sort((a, b) => b[1] - a[1])[0] ?? [];
  return { column, from: days[0] ?? "", to: days.at(-1) ?? "", busiestMonth, busiestCount };
}

function named(column: string, names: readonly string[]): boolean {
  return nameWords(column).some((word) => names.includes(word) || names.includes(word.replace(/s$/, "")));
}

function rank(column: string): number {
  const at = TELLING.findIndex((name) => named(column, [name]));
  return at < 0 ? TELLING.length : at;
}
