/** Columns for people: aligned by what is seen, numbers to the right, the last column cut to the terminal's width. */
import stringWidth from "string-width";
import { inertLine } from "./inert-text.ts";
import type { Colour, Output } from "./output.ts";

export type Column<Row> = {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly alignRight?: true;
  /** Left out where no row has anything in it. */
  readonly rare?: true;
  readonly colour?: (row: Row) => Colour | undefined;
};

/** Lines, the titles first. Cells are made inert here. */
export function tableLines<Row>(out: Output, all: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const columns = all.filter(({ rare, cell }) => rare !== true || rows.some((row) => cell(row) !== ""));
  const cells = rows.map((row) => columns.map(({ cell }) => inertLine(cell(row))));
  const widths = columns.map(({ title }, index) =>
    Math.max(stringWidth(title), ...cells.map((row) => stringWidth(row[index] ?? ""))),
  );
  const line = (texts: readonly string[], paint: (text: string, index: number) => string) => {
    let left = out.width();
    return columns
      .map(({ alignRight }, index) => {
        const text = cut(texts[index] ?? "", Math.max(1, left));
        const blanks = " ".repeat(Math.max(0, (widths[index] ?? 0) - stringWidth(text)));
        left -= (widths[index] ?? 0) + GAP.length;
        const painted = paint(text, index);
        return alignRight ? blanks + painted : index === columns.length - 1 ? painted : painted + blanks;
      })
      .join(GAP)
      .trimEnd();
  };
  const titles = line(
    columns.map(({ title }) => title),
    (text) => out.paint("dim", text),
  );
  return [
    titles,
    ...cells.map((texts, place) =>
      line(texts, (text, index) => {
        const row = rows[place];
        const colour = row === undefined ? undefined : columns[index]?.colour?.(row);
        return colour === undefined ? text : out.paint(colour, text);
      }),
    ),
  ];
}

const GAP = "  ";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** At most so many columns wide; what was cut ends in `…`. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const more = stringWidth(segment);
    if (used + more > width - 1) break;
    kept += segment;
    used += more;
  }
  return `${kept}…`;
}
