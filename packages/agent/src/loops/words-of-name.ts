/**
 * `nextPageToken`, `next-page_token` → next, page, token: names are compared by their words. The same few names come
 * again with every row, so their words are kept; what is kept depends on nothing but the name.
 */

const MAX_KEPT = 4_096;
const kept = new Map<string, readonly string[]>();

export function wordsOfName(name: string): readonly string[] {
  const known = kept.get(name);
  if (known !== undefined) return known;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(name, words);
  return words;
}
