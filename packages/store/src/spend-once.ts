/** Makes a word good once: whoever spends it first wins, at whichever process. */
import { globalKeys } from "./keys.ts";
import type { Store } from "./store.ts";

/** false: it was spent before. `ttlMs`: how long it could be shown again at most. */
export async function spendOnce(store: Store, word: string, ttlMs: number): Promise<boolean> {
  return (await store.redis.set(globalKeys.spent(word), "1", "PX", ttlMs, "NX")) === "OK";
}
