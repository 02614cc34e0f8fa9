/**
 * Ids that sort by the time they were made: 48 bits of milliseconds, then 80 random bits, in Crockford's
 * base 32 (the layout of a ULID). Listings rely on the order: newest first is ids descending.
 */
import { z } from "zod";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

export type IdPrefix = "task" | "dlv" | "req" | "key";

export function newId<P extends IdPrefix>(prefix: P, nowMs: number): `${P}_${string}` {
  let time = "";
  for (let rest = nowMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet[rest % 32] + time;
  return `${prefix}_${time}${randomText()}`;
}

const RANDOM_CHARS = 16;
/** Asked for many ids at a time: one request to the system costs more than an id. */
const pool = new Uint8Array(256 * RANDOM_CHARS);
let used = pool.length;

function randomText(): string {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  let random = "";
  // 256 is a multiple of 32, so the remainder is unbiased.
  for (const end = used + RANDOM_CHARS; used < end; used++) random += alphabet[(pool[used] ?? 0) % 32];
  return random;
}

export const TaskId = z.string().regex(/^task_[0-9a-z]{26}$/);
export const DeliveryId = z.string().regex(/^dlv_[0-9a-z]{26}$/);

/** One stay of a task in the queue. BullMQ ignores an id that it still keeps, so every wake has its own. */
export function legId(taskId: string, leg: number): string {
  return `${taskId}.${leg}`;
}
