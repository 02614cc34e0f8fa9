/**
 * How the queues stand: how much waits, for how long, how much is done. Read from BullMQ, for people to look at;
 * nothing is decided by it.
 */
import type { Queue } from "bullmq";
import type { QueueName } from "./queue.ts";
import type { Store } from "./store.ts";

export type QueueReading = {
  name: QueueName;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  oldestWaitingMs: number | null;
  completedPerMinute: number;
};

const MINUTE_MS = 60_000;
/** Those awake before stand in front of those that have waited longer: some of the next ones are looked at. */
const NEXT_IN_LINE = 10;

export async function readQueues(store: Store, nowMs: number): Promise<QueueReading[]> {
  const queues = Object.entries(store.queues) as [QueueName, Queue][];
  return Promise.all(queues.map(([name, queue]) => readQueue(name, queue, nowMs)));
}

async function readQueue(name: QueueName, queue: Queue, nowMs: number): Promise<QueueReading> {
  const [counts, next, completedPerMinute] = await Promise.all([
    queue.getJobCounts("waiting", "active", "delayed", "failed"),
    queue.getJobs(["waiting"], 0, NEXT_IN_LINE - 1, true),
    lastMinute(queue, nowMs),
  ]);
  const since = next.flatMap((job) => (job ? [job.timestamp] : []));
  return {
    name,
    waiting: counts.waiting ?? 0,
    active: counts.active ?? 0,
    delayed: counts.delayed ?? 0,
    failed: counts.failed ?? 0,
    oldestWaitingMs: since.length === 0 ? null : Math.max(0, nowMs - Math.min(...since)),
    completedPerMinute,
  };
}

/**
 * The count of the last whole minute. BullMQ closes a minute when a job ends in a later one: where none has, the
 * open one is the last.
 */
async function lastMinute(queue: Queue, nowMs: number): Promise<number> {
  const { meta, data } = await queue.getMetrics("completed", 0, 0);
  const minutesSince = Math.floor(nowMs / MINUTE_MS) - Math.floor(meta.prevTS / MINUTE_MS);
  if (minutesSince === 0) return Number(data[0] ?? 0);
  return minutesSince === 1 ? Math.max(0, meta.count - meta.prevCount) : 0;
}
