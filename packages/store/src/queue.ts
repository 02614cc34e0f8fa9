/**
 * The queue is the alarm clock, the journal is the memory: a job carries a task's id and nothing more. A leg
 * that a script owes is added here and then struck from `owed`; BullMQ ignores an id it still keeps, so an
 * add may be repeated without harm.
 */
import { legId } from "@pawl/protocol";
import { type JobsOptions, Queue } from "bullmq";
import { z } from "zod";
import { key } from "./keys.ts";
import type { RedisClient } from "./scripts.ts";
import type { Store } from "./store.ts";

/** One hash tag for the queues, so that BullMQ's scripts stay in one slot of a cluster. */
export const queuePrefix = "{pawl}";

/** One queue for each priority, one for tasks that are performed alone, one for webhooks. */
export const queueNames = {
  high: "pawl-tasks-high",
  normal: "pawl-tasks",
  low: "pawl-tasks-low",
  quarantine: "pawl-quarantine",
  webhooks: "pawl-webhooks",
} as const;
export type QueueName = keyof typeof queueNames;
export type Queues = Readonly<Record<QueueName, Queue>>;

/** Where a task's leg waits. */
export const Lane = z.enum(["high", "normal", "low", "quarantine"]);
export type Lane = z.infer<typeof Lane>;

export type TaskJob = { tenant: string; task: string; leg: number };
export type WebhookJob = { tenant: string; delivery: string; try: number };

/** Attempts are counted in the journal; finished jobs are kept only for people who look at the board. */
const jobOptions: JobsOptions = {
  attempts: 1,
  removeOnComplete: { count: 200 },
  removeOnFail: { count: 200 },
};

export function openQueues(connection: RedisClient, onError: (error: Error) => void): Queues {
  const open = (name: QueueName) =>
    new Queue(queueNames[name], {
      connection,
      prefix: queuePrefix,
      defaultJobOptions: jobOptions,
      streams: { events: { maxLen: 1000 } },
      skipVersionCheck: true,
    }).on("error", onError);
  return {
    high: open("high"),
    normal: open("normal"),
    low: open("low"),
    quarantine: open("quarantine"),
    webhooks: open("webhooks"),
  };
}

/** A leg that a script owes to the queue. */
export type OwedLeg = { tenant: string; task: string; leg: number; lane: Lane };

/** Adds the legs, then strikes them from `owed`. If it dies between, a sweeper does the same again. */
export async function enqueueLegs(store: Store, legs: readonly OwedLeg[]): Promise<void> {
  await Promise.all(legs.map((leg) => enqueueLeg(store, leg)));
}

async function enqueueLeg(store: Store, { tenant, task, leg, lane }: OwedLeg): Promise<void> {
  const job: TaskJob = { tenant, task, leg };
  // What was awake before goes ahead of what is new.
  await store.queues[lane].add("leg", job, { jobId: legId(task, leg), lifo: leg > 1 });
  await strike(store, tenant, legId(task, leg));
}

/** Legs of one tenant that were added in the same turn of the event loop are struck from `owed` by one command. */
const striking = new WeakMap<Store, Map<string, { legs: string[]; struck: Promise<unknown> }>>();

function strike(store: Store, tenant: string, leg: string): Promise<unknown> {
  const batches = striking.get(store) ?? new Map();
  striking.set(store, batches);
  const open = batches.get(tenant);
  if (open !== undefined) {
    open.legs.push(leg);
    return open.struck;
  }
  const legs = [leg];
  const struck = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    batches.delete(tenant);
    return store.redis.zrem(key(tenant, "owed"), ...legs);
  });
  batches.set(tenant, { legs, struck });
  return struck;
}

export async function enqueueDelivery(
  store: Store,
  { tenant, delivery, tries, dueAtMs }: { tenant: string; delivery: string; tries: number; dueAtMs: number },
): Promise<void> {
  const job: WebhookJob = { tenant, delivery, try: tries };
  // The moment is part of the id: a delivery that is sent again has the same number of tries.
  await store.queues.webhooks.add("delivery", job, { jobId: `${delivery}.${tries}.${dueAtMs}` });
}
