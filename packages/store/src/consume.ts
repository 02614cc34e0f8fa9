/**
 * Takes jobs from the queues. What a job's processor must know of BullMQ ends here: which start of the leg this
 * is, that its lock was lost, that it is to be started once more.
 */
import { DelayedError, type Job, Worker } from "bullmq";
import { connectRedis } from "./connect.ts";
import { openLeases } from "./leases.ts";
import { queueNames, queuePrefix, type TaskJob, type WebhookJob } from "./queue.ts";
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

export function consumeTasks(
  store: Store,
  options: ConsumerOptions & {
    /** `start` tells one start of the leg's job from the next; `holdsLease` whether the job is still ours. */
    process: (job: TaskJob & { start: number; holdsLease: () => boolean }) => Promise<JobVerdict>;
    /** The job's lock is gone: another worker has it, or will soon. */
    onLockLost: (job: { task: string; leg: number }) => void;
  },
): Promise<Consumer> {
  return consume<TaskJob>(store, queueNames.tasks, options, {
    process: (job, holdsLease) => options.process({ ...job.data, start: job.attemptsStarted, holdsLease }),
    onLockLost: (jobId) => {
      const dot = jobId.lastIndexOf(".");
      options.onLockLost({ task: jobId.slice(0, dot), leg: Number(jobId.slice(dot + 1)) });
    },
  });
}

export function consumeWebhooks(
  store: Store,
  options: ConsumerOptions & { process: (job: WebhookJob) => Promise<void> },
): Promise<Consumer> {
  return consume<WebhookJob>(store, queueNames.webhooks, options, {
    async process(job) {
      await options.process(job.data);
      return { again: false };
    },
    onLockLost: () => {},
  });
}

async function consume<Data>(
  store: Store,
  name: string,
  { concurrency, lockDurationMs, stalledIntervalMs, onError }: ConsumerOptions,
  handlers: {
    process: (job: Job<Data>, holdsLease: () => boolean) => Promise<JobVerdict>;
    onLockLost: (jobId: string) => void;
  },
): Promise<Consumer> {
  const connection = connectRedis(store.address, { failFast: false, onError });
  const leases = openLeases({
    lockDurationMs,
    renew: (jobIds, tokens) => worker.extendJobLocks(jobIds, tokens, lockDurationMs),
    onLost: handlers.onLockLost,
    onError,
  });
  const worker: Worker<Data> = new Worker<Data>(
    name,
    async (job, token) => {
      const { id = "" } = job;
      leases.take(id, token ?? "", Date.now() - (job.processedOn ?? Date.now()));
      const verdict = await handlers.process(job, () => leases.holds(id)).finally(() => leases.drop(id));
      if (!verdict.again) return;
      // Not moveToWait: it wakes no idle worker where a job has a priority.
      await job.moveToDelayed(Date.now() + verdict.afterMs, token);
      throw new DelayedError();
    },
    {
      connection,
      prefix: queuePrefix,
      concurrency,
      lockDuration: lockDurationMs,
      skipLockRenewal: true,
      stalledInterval: stalledIntervalMs,
      maxStalledCount: NEVER,
      removeOnComplete: { count: 200 },
      removeOnFail: { count: 200 },
      skipVersionCheck: true,
    },
  );
  worker.on("error", onError);
  await worker.waitUntilReady();
  return {
    async close() {
      await worker.close();
      leases.close();
      connection.disconnect();
    },
  };
}
