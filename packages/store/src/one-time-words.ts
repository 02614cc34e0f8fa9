/** Words that are good once: who takes one first gets what it stands for, at whichever process. Redis keeps only their SHA-256. */
import { createHash } from "node:crypto";
import { globalKeys } from "./keys.ts";
import type { Store } from "./store.ts";

/** `word` must not be guessable. */
export async function keepOneTimeWord(
  store: Store,
  { word, value, ttlMs }: { word: string; value: string; ttlMs: number },
): Promise<void> {
  await store.redis.set(globalKeys.oneTimeWord(digestOf(word)), value, "PX", ttlMs);
}

/** What the word stood for; undefined where it was taken before, its time is over, or it never was. */
export async function takeOneTimeWord(store: Store, word: string): Promise<string | undefined> {
  return (await store.redis.getdel(globalKeys.oneTimeWord(digestOf(word)))) ?? undefined;
}

function digestOf(word: string): string {
  return createHash("sha256").update(word).digest("hex");
}
