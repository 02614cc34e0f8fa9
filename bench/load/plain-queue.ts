/**
 * The references: BullMQ with the options that Pawl gives it and nothing of Pawl. `stepping` performs each step as
 * one plain EVALSHA (append the same payload, set a status, publish a notice); `bare` does nothing at all.
 */
import { createHash, randomUUID } from "node:crypto";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { LOCK_DURATION_MS, STALLED_INTERVAL_MS } from "./our-worker.ts";
import { MODEL, orderRows, PROMPT, type Workload } from "./workload.ts";

export type PlainQueueOptions = {
  redisUrl: string;
  name: string;
  concurrency: number;
  process: (id: string) => Promise<void>;
};

export type PlainQueue = { submit(): Promise<string>; close(): Promise<void> };

const kept = { removeOnComplete: { count: 200 }, removeOnFail: { count: 200 } };

export async function openPlainQueue(options: PlainQueueOptions): Promise<PlainQueue> {
  const { redisUrl, name, concurrency, process: perform } = options;
  const shared = { prefix: "{plain}", skipVersionCheck: true };
  const connections = [0, 1].map(() => new Redis(redisUrl, { maxRetriesPerRequest: null }));
  const [toAdd = new Redis(), toWork = new Redis()] = connections;
  const queue = new Queue(name, {
    ...shared,
    connection: toAdd,
    defaultJobOptions: { attempts: 1, ...kept },
    streams: { events: { maxLen: 1000 } },
  });
  const worker = new Worker(name, (job) => perform(job.id ?? ""), {
    ...shared,
    ...kept,
    connection: toWork,
    concurrency,
    lockDuration: LOCK_DURATION_MS,
    lockRenewTime: 1500,
    stalledInterval: STALLED_INTERVAL_MS,
    maxStalledCount: 1_000_000_000,
  });
  worker.on("error", (error) => void process.stderr.write(`${name}: ${error.stack}\n`));
  await worker.waitUntilReady();
  return {
    async submit() {
      const id = randomUUID();
      await queue.add("plain", { task: id, input: PROMPT }, { jobId: id });
      return id;
    },
    async close() {
      await Promise.all([worker.close(), queue.close()]);
      for (const connection of connections) connection.disconnect();
    },
  };
}

const STEP = `
local seq = redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], 'status', ARGV[2], 'seq', seq)
redis.call('PUBLISH', KEYS[3], seq)
return seq`;

/** Steps as anybody would write them. The last one's notice is what ends a follower's wait. */
export function plainSteps(redisUrl: string, { turns, resultBytes }: Workload) {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const sha = createHash("sha1").update(STEP).digest("hex");
  const payloads = payloadsOf(turns, resultBytes);
  let loaded: Promise<unknown> | undefined;
  return {
    redis,
    async perform(id: string): Promise<void> {
      loaded ??= redis.script("LOAD", STEP);
      await loaded;
      for (const [i, payload] of payloads.entries()) {
        const status = i === payloads.length - 1 ? "completed" : "running";
        await redis.evalsha(
          sha,
          3,
          `{plain}:journal:${id}`,
          `{plain}:head:${id}`,
          `{plain}:notice:${id}`,
          JSON.stringify(payload),
          status,
        );
      }
    },
    close: () => redis.disconnect(),
  };
}

/** What the six steps of a task record, without any of Pawl's own events around them. */
function payloadsOf(turns: Workload["turns"], resultBytes: number): unknown[] {
  return turns.flatMap(({ content, stopReason }, turn) => [
    ["model.responded", { call: `m${turn}`, model: MODEL, content, stop_reason: stopReason, duration_ms: 0 }],
    ...content.flatMap(({ type, id, input }, i) =>
      type === "tool_use"
        ? [["tool.completed", { call: id, input, content: orderRows(i, resultBytes) }]]
        : [],
    ),
  ]);
}
