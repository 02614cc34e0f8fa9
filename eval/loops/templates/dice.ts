/** Chance with a seed: the same corpus on every machine. */

export type Dice = {
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** `count` different ones, in random order. */
  some<T>(items: readonly T[], count: number): T[];
  hex(length: number): string;
};

export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  const shuffled = <T>(items: readonly T[]) =>
    items
      .map((item) => ({ item, key: next() }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item);
  return {
    between,
    pick: (items) => items[between(0, items.length - 1)] ?? items[0],
    some: (items, count) => shuffled(items).slice(0, count),
    hex: (length) => Array.from({ length }, () => between(0, 15).toString(16)).join(""),
  };
}
