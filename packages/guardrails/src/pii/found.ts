/** What a finder of personal data hands over: where it is, what it is, and how sure. Finders take linear time. */

export const piiCategories = [
  "private_key",
  "database_url",
  "url_credentials",
  "jwt",
  "api_key",
  "email",
  "iban",
  "credit_card",
  "ssn",
  "ip_address",
  "us_passport",
  "us_drivers_license",
  "phone",
] as const;
/** In the order in which they win where two lay claim to the same characters. */
export type PiiCategory = (typeof piiCategories)[number];

/** What opens a door; never spared because it was said before. */
export const secretCategories: ReadonlySet<string> = new Set<PiiCategory>([
  "private_key",
  "database_url",
  "url_credentials",
  "jwt",
  "api_key",
]);

export type Found = {
  readonly category: PiiCategory;
  readonly start: number;
  readonly end: number;
  readonly score: number;
};

/** Finds of which no two overlap, in the order of the text: the surer kind wins, then the longer one. */
export function settleOverlaps(all: readonly Found[]): readonly Found[] {
  if (all.length < 2) return all;
  const rank = (found: Found) => piiCategories.indexOf(found.category);
  const bestFirst = [...all].sort((a, b) => rank(a) - rank(b) || b.end - b.start - (a.end - a.start));
  const inOrder = [...all].sort((a, b) => a.start - b.start);
  if (inOrder.every((found, at) => at === 0 || found.start >= (inOrder[at - 1]?.end ?? 0))) return inOrder;
  const kept: Found[] = [];
  // Spans are short but for keys and URLs: what overlaps is found through the 64-character cells that a span covers.
  const cells = (found: Found) => {
    const list: number[] = [];
    for (let cell = found.start >> 6; cell <= (found.end - 1) >> 6; cell += 1) list.push(cell);
    return list;
  };
  const byCell = new Map<number, Found[]>();
  for (const found of bestFirst) {
    const overlaps = cells(found).some((cell) =>
      (byCell.get(cell) ?? []).some((other) => found.start < other.end && other.start < found.end),
    );
    if (overlaps) continue;
    kept.push(found);
    for (const cell of cells(found)) byCell.set(cell, [...(byCell.get(cell) ?? []), found]);
  }
  return kept.sort((a, b) => a.start - b.start);
}
