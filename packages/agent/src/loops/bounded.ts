/** Memory with a limit: what was remembered first is forgotten first. */

export type BoundedMap<V> = {
  get(key: number): V | undefined;
  has(key: number): boolean;
  set(key: number, value: V): void;
};

export function boundedMap<V>(maxEntries: number): BoundedMap<V> {
  const entries = new Map<number, V>();
  return {
    get: (key) => entries.get(key),
    has: (key) => entries.has(key),
    set(key, value) {
      entries.set(key, value);
      if (entries.size <= maxEntries) return;
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
    },
  };
}
