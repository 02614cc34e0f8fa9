/**
 * Which workers live: each says so every few seconds, and who has not for a while is taken for dead. For people to look
 * at; nothing is decided by it (leases decide who has a task).
 */
import { z } from "zod";
import { globalKeys } from "./keys.ts";
import type { QueueName } from "./queue.ts";
import type { Store } from "./store.ts";
import { redisNowMs } from "./sweep/sweep.ts";

/** How often a worker should report. */
export const WORKER_BEAT_MS = 5_000;
/** Two reports may be lost, or late. */
const DEAD_AFTER_MS = 3 * WORKER_BEAT_MS;

const Report = z.object({
  host: z.string(),
  since_ms: z.number(),
  seen_ms: z.number(),
  running: z.number(),
  concurrency: z.number(),
  queues: z.array(z.enum(["high", "normal", "low", "quarantine", "webhooks"])),
});

export type LivingWorker = {
  id: string;
  host: string;
  sinceMs: number;
  running: number;
  concurrency: number;
  queues: readonly QueueName[];
};

/** By Redis' clock. `isFirst`: those that died before are cleared away, once in a worker's life. */
export async function reportWorker(
  store: Store,
  { id, host, sinceMs, running, concurrency, queues }: LivingWorker,
  isFirst: boolean,
): Promise<void> {
  const seenMs = await redisNowMs(store);
  const report = { host, since_ms: sinceMs, seen_ms: seenMs, running, concurrency, queues };
  await store.redis.hset(globalKeys.workers, id, JSON.stringify(report));
  if (!isFirst) return;
  const dead = (await readReports(store)).filter((each) => isDead(each, seenMs)).map((each) => each.id);
  if (dead.length > 0) await store.redis.hdel(globalKeys.workers, ...dead);
}

export async function forgetWorker(store: Store, id: string): Promise<void> {
  await store.redis.hdel(globalKeys.workers, id);
}

/** Those that live, the longest first. */
export async function listWorkers(store: Store): Promise<(LivingWorker & { seenMs: number })[]> {
  const [reports, nowMs] = await Promise.all([readReports(store), redisNowMs(store)]);
  return reports
    .filter((each) => !isDead(each, nowMs))
    .sort((a, b) => a.sinceMs - b.sinceMs || (a.id < b.id ? -1 : 1));
}

function isDead({ seenMs }: { seenMs: number }, nowMs: number): boolean {
  return nowMs - seenMs > DEAD_AFTER_MS;
}

async function readReports(store: Store): Promise<(LivingWorker & { seenMs: number })[]> {
  const reports = Object.entries(await store.redis.hgetall(globalKeys.workers));
  return reports.flatMap(([id, text]) => {
    // One of another version may say it otherwise: it is no reason to show none.
    const read = Report.safeParse(JSON.parse(text));
    if (!read.success) return [];
    const { since_ms, seen_ms, ...rest } = read.data;
    return [{ ...rest, id, sinceMs: since_ms, seenMs: seen_ms }];
  });
}
