/** Marks in the place of what was found, `[EMAIL_REDACTED]`, and spans that do not overlap. Keeps to UTF-16 offsets. */

export type Span = { readonly category: string; readonly start: number; readonly end: number };

/** What no guard takes for a word of the text. */
export const markPattern = /\[[A-Z][A-Z0-9_]{0,63}_REDACTED\]/g;

export function markOf(category: string): string {
  return `[${category.toUpperCase()}_REDACTED]`;
}

/** The text with a mark in the place of each span. Spans that overlap become one, named after the one that begins it. */
export function redact(text: string, spans: readonly Span[]): string {
  let clean = "";
  let from = 0;
  for (const { category, start, end } of joined(spans)) {
    clean += text.slice(from, start) + markOf(category);
    from = end;
  }
  return clean + text.slice(from);
}

export function joined(spans: readonly Span[]): Span[] {
  const inOrder = [...spans].sort((a, b) => a.start - b.start || b.end - a.end);
  const apart: Span[] = [];
  for (const span of inOrder) {
    const last = apart.at(-1);
    if (last === undefined || span.start >= last.end) apart.push(span);
    else if (span.end > last.end) apart[apart.length - 1] = { ...last, end: span.end };
  }
  return apart;
}

/**
 * The spans after which nothing more is found: where a mark has taken the place of something, what was hidden beside it
 * may show (a number that its neighbour made one long number of). With them redacted, redacting again changes nothing.
 */
export function spansAtRest(
  text: string,
  spans: readonly Span[],
  find: (redacted: string) => readonly Span[],
): Span[] {
  let settled = joined(spans);
  for (let round = 0; round < MAX_ROUNDS && settled.length > 0; round += 1) {
    const more = find(redact(text, settled));
    if (more.length === 0) break;
    const back = offsetsBack(settled);
    settled = joined([
      ...settled,
      ...more.map(({ category, start, end }) => ({
        category,
        start: back(start, "start"),
        end: back(end, "end"),
      })),
    ]);
  }
  return settled;
}

/** Each round lengthens or adds a span; texts made to need more rounds than this are not ordinary ones. */
const MAX_ROUNDS = 6;

/** From an offset in the redacted text to the one it stands for; within a mark, to the border of what it replaced. */
function offsetsBack(spans: readonly Span[]): (offset: number, side: "start" | "end") => number {
  let shift = 0;
  const marks = spans.map(({ category, start, end }) => {
    const from = start + shift;
    shift += markOf(category).length - (end - start);
    return { from, to: end + shift, start, end };
  });
  return (offset, side) => {
    const at = marks.findLastIndex(({ from }) => (side === "start" ? from <= offset : from < offset));
    const mark = marks[at];
    if (mark === undefined) return offset;
    return offset < mark.to || (side === "end" && offset === mark.to)
      ? mark[side]
      : offset - mark.to + mark.end;
  };
}
