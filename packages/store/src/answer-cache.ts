/**
 * Answers that may be given again, word for word, while no model can be asked. By tenant, each with a lifetime. What
 * `question` stands for is the caller's to say: it must name whose answer it is.
 */
import { z } from "zod";
import { key } from "./keys.ts";
import type { Store } from "./store.ts";

const CachedAnswer = z.strictObject({ task: z.string(), atMs: z.int().nonnegative(), text: z.string() });
export type CachedAnswer = z.infer<typeof CachedAnswer>;

export async function cacheAnswer(
  store: Store,
  where: { tenant: string; question: string; ttlMs: number },
  answer: CachedAnswer,
): Promise<void> {
  await store.redis.set(
    key(where.tenant, "answer", where.question),
    JSON.stringify(answer),
    "PX",
    where.ttlMs,
  );
}

/** undefined: it was never answered, or too long ago. */
export async function findCachedAnswer(
  store: Store,
  where: { tenant: string; question: string },
): Promise<CachedAnswer | undefined> {
  const found = await store.redis.get(key(where.tenant, "answer", where.question));
  return found === null ? undefined : CachedAnswer.parse(JSON.parse(found));
}
