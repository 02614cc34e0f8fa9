/**
 * A usage report as CSV (RFC 4180), for spreadsheets. Labels and names are other people's text: a cell that a
 * spreadsheet would take for a formula begins with an apostrophe, which makes it text.
 */

/** A column is a name and what its cell says: text, an amount, or nothing. */
export function csvText(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, string | number | null>>[],
): string {
  const lines = rows.map((row) => columns.map((column) => cellOf(row[column] ?? null)));
  return [columns, ...lines].map((cells) => `${cells.join(",")}\r\n`).join("");
}

function cellOf(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return decimalText(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  // Some spreadsheets split at semicolons and tabs as well.
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Also in the wide forms that some spreadsheets take for the plain ones. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** Without an exponent: a nano-dollar is 0.000000001. */
function decimalText(value: number): string {
  return Number.isInteger(value) ? value.toFixed(0) : value.toFixed(9).replace(/0+$/, "");
}
