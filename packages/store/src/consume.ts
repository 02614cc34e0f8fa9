/**
 * Takes jobs from the queues. What a job's processor must know of BullMQ ends here: which start of the leg this
 * is, whether its lease still holds, that it is to be started once more. Thousands of jobs may be with one worker;
 * the locks of all of them are kept, also when all of them have something to do at one moment.
 */
import { DelayedError, type Job, Worker } from "bullmq";
import { connectRedis } from "./connect.ts";
import { shareSeats } from "./lane-shares.ts";
import { openLeases } from "./leases.ts";
import { openPace, type Pace } from "./pace.ts";
import {
  type Lane,
  type QueueName,
  queueNames,
  queuePrefix,
  type TaskJob,
  type WebhookJob,
} from "./queue.ts";
import type { Store } from "./store.ts";

export type ConsumerOptions = {
  concurrency: number;
  lockDurationMs: number;
  stalledIntervalMs: number;
  onError: (error: Error) => void;
};

export type Consumer = {
  /** Takes no more jobs; resolves when those under way are done. */
  close(): Promise<void>;
};

/** What a processor wants of its job: nothing more, or another start of it after a while. */
export type JobVerdict = { again: false } | { again: true; afterMs: number };

/** Crashes are counted per task in the journal; the queue must not give up on its own account. */
const NEVER = 1_000_000_000;

export type StartedTaskJob = TaskJob & {
  /** Tells one start of the leg's job from the next. */
  start: number;
  /** Whether the job is still ours. */
  holdsLease: () => boolean;
  /** What the processor records goes through here: it waits where many jobs record at one moment. */
  pace: Pace;
};

/**
 * More than the default concurrency, so that no ordinary worker waits here. What follows as many replies from Redis
 * is one turn of the event loop, some 50 ms; without a bound it was more than 5 s when 10,000 answers came at once.
 */
const RECORDS_AT_ONCE = 128;

/** Which lanes one consumer serves; their shares of its concurrency are balanced by lane-shares.ts. */
export async function consumeTasks(
  store: Store,
  options: ConsumerOptions & {
    lanes: readonly Lane[];
    process: (job: StartedTaskJob) => Promise<JobVerdict>;
    /** The job's lock is gone: another worker has it, or will soon. */
    onLeaseLost: (job: { task: string; leg: number }) => void;
  },
): Promise<Consumer> {
  const shares = shareSeats(options.lanes, options.concurrency);
  const pace = openPace(RECORDS_AT_ONCE);
  const consumers = await Promise.all(
    options.lanes.map(async (lane) => {
      const consumer = await consume<TaskJob>(store, lane, options, {
        process: (job, holdsLease) =>
          shares.during(lane, () =>
            options.process({ ...job.data, start: job.attemptsStarted, holdsLease, pace }),
          ),
        onLeaseLost: (jobId) => {
          const dot = jobId.lastIndexOf(".");
          options.onLeaseLost({ task: jobId.slice(0, dot), leg: Number(jobId.slice(dot + 1)) });
        },
      });
      shares.onChange(lane, consumer.setConcurrency);
      return consumer;
    }),
  );
  return {
    async close() {
      await Promise.all(consumers.map((consumer) => consumer.close()));
    },
  };
}

/** A try that throws is started again: its sweeper could not queue it, as its job would still be kept. */
const WEBHOOK_AGAIN_AFTER_MS = 1000;

export function consumeWebhooks(
  store: Store,
  options: ConsumerOptions & { process: (job: WebhookJob) => Promise<void> },
): Promise<Consumer> {
  return consume<WebhookJob>(store, "webhooks", options, {
    async process(job) {
      try {
        await options.process(job.data);
        return { again: false };
      } catch (error) {
        options.onError(error instanceof Error ? error : new Error(String(error)));
        return { again: true, afterMs: WEBHOOK_AGAIN_AFTER_MS };
      }
    },
    onLeaseLost: () => {},
  });
}

/**
 * BullMQ begins none of the jobs it can fetch before it has fetched as many as its concurrency allows, and their
 * locks run meanwhile, unrenewed. So it is never allowed more than that beyond those that are under way.
 */
const FETCH_AHEAD = 100;

async function consume<Data>(
  store: Store,
  queue: QueueName,
  { concurrency, lockDurationMs, stalledIntervalMs, onError }: ConsumerOptions,
  handlers: {
    process: (job: Job<Data>, holdsLease: () => boolean) => Promise<JobVerdict>;
    onLeaseLost: (jobId: string) => void;
  },
): Promise<Consumer & { setConcurrency: (concurrency: number) => void }> {
  const connection = connectRedis(store.address, { failFast: false, onError });
  const leases = openLeases({
    lockDurationMs,
    renew: (jobIds, tokens) => worker.extendJobLocks(jobIds, tokens, lockDurationMs),
    onLost: handlers.onLeaseLost,
    onError,
  });
  let wanted = concurrency;
  let busy = 0;
  const count = (by: 0 | 1 | -1) => {
    busy += by;
    worker.concurrency = Math.max(1, Math.min(wanted, busy + FETCH_AHEAD));
  };
  const worker: Worker<Data> = new Worker<Data>(
    queueNames[queue],
    async (job, token) => {
      const { id = "" } = job;
      count(1);
      const lease = leases.take(id, token ?? "", Date.now() - (job.processedOn ?? Date.now()));
      const verdict = await handlers.process(job, lease.holds).finally(() => {
        lease.drop();
        count(-1);
      });
      if (!verdict.again) return;
      // Not moveToWait: it wakes no idle worker where a job has a priority.
      await job.moveToDelayed(Date.now() + verdict.afterMs, token);
      throw new DelayedError();
    },
    {
      connection,
      prefix: queuePrefix,
      concurrency: Math.min(concurrency, FETCH_AHEAD),
      lockDuration: lockDurationMs,
      skipLockRenewal: true,
      stalledInterval: stalledIntervalMs,
      maxStalledCount: NEVER,
      // Counts of what was completed in each minute of the last hour, for people to look at.
      metrics: { maxDataPoints: 60 },
      removeOnComplete: { count: 200 },
      removeOnFail: { count: 200 },
      skipVersionCheck: true,
    },
  );
  worker.on("error", onError);
  await worker.waitUntilReady();
  return {
    setConcurrency(most) {
      wanted = most;
      count(0);
    },
    async close() {
      await worker.close();
      leases.close();
      connection.disconnect();
    },
  };
}
