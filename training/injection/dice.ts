/** Random numbers that are the same on every machine and every run: a seeded mulberry32. */
export interface Dice {
  /** 0 ≤ x < 1. */
  next(): number;
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  shuffle<Item>(items: readonly Item[]): Item[];
}

export const createDice = (seed: number): Dice => {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
    shuffle: (items) => {
      const answer = [...items];
      for (let at = answer.length - 1; at > 0; at--) {
        const other = below(at + 1);
        const [a, b] = [answer[at], answer[other]];
        if (a !== undefined && b !== undefined) {
          answer[at] = b;
          answer[other] = a;
        }
      }
      return answer;
    },
  };
};
