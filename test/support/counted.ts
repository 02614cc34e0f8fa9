/** A table of how often each of some items came, for a report in plain text. */

/** The most frequent first. */
export function counted(title: string, items: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  const rows = [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
  return [
    `${title} (${items.length})`,
    ...rows.map(([name, count]) => `${String(count).padStart(6)}  ${name}`),
  ].join("\n");
}
