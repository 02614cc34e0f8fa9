/**
 * Chance that can be had again: the same seed gives the same draws, on every machine. Whoever needs chance takes a
 * stream of his own by name, so that one more draw in one place changes nothing in another.
 */
export type Random = {
  /** In [0, 1). */
  next(): number;
  /** A whole number, both ends included. */
  whole(least: number, most: number): number;
  /** true with this probability. */
  chance(probability: number): boolean;
  pick<Item>(from: readonly Item[]): Item;
  shuffled<Item>(items: readonly Item[]): Item[];
  /** A stream of its own, the same for the same seed and name. */
  fork(name: string): Random;
};

export function randomFrom(seed: number): Random {
  const next = mulberry32(seed);
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    whole,
    chance: (probability) => next() < probability,
    pick(from) {
      if (from.length === 0) throw new RangeError("there is nothing to pick from");
      return from[whole(0, from.length - 1)] as (typeof from)[number];
    },
    shuffled(items) {
      return items
        .map((item) => ({ item, at: next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ item }) => item);
    },
    fork: (name) => randomFrom(mixed(seed, name)),
  };
}

/** Tommy Ettinger's generator of 32 bits of state: small, fast, and far better than what this needs. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a over the seed and the name. */
function mixed(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${seed}/${name}`)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
