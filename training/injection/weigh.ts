/** How much each row counts: a source of many rows is not heard more than `LOUDEST` rows' worth. */
import type { Example } from "./learn.ts";

const LOUDEST = 1500;

export const weigh = (examples: Example[]): void => {
  const counts = new Map<string, number>();
  const key = ({ row }: Example) => `${row.source} ${row.label}`;
  for (const example of examples) counts.set(key(example), (counts.get(key(example)) ?? 0) + 1);
  for (const example of examples) {
    const count = counts.get(key(example)) ?? 1;
    example.weight = Math.min(1, (LOUDEST / count) ** 0.5);
  }
};
