/**
 * Memory with a limit: what was remembered first is forgotten first, half of it at a time. That costs nothing, where
 * a Map slows down whose oldest entry is deleted again and again.
 */

export type BoundedMap<V> = {
  get(key: number): V | undefined;
  has(key: number): boolean;
  set(key: number, value: V): void;
};

export function boundedMap<V>(maxEntries: number): BoundedMap<V> {
  let young = new Map<number, V>();
  let old: Map<number, V> | undefined;
  return {
    get: (key) => young.get(key) ?? old?.get(key),
    has: (key) => young.has(key) || old?.has(key) === true,
    set(key, value) {
      young.set(key, value);
      if (young.size * 2 < maxEntries) return;
      old = young;
      young = new Map();
    },
  };
}
