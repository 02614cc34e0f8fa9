/**
 * A worker as apps/worker/src/main.ts puts it together, everything on (sweepers, notices, webhooks, log at `info`),
 * but with a model of the bench's choice and in a process of the bench's choice.
 */
import { createWriteStream } from "node:fs";
import { createEgressGuard, type Model, type PawlConfig } from "@pawl/agent";
import { createLog } from "@pawl/service";
import {
  consumeTasks,
  consumeWebhooks,
  openNotices,
  openReplicas,
  openStore,
  parseRedisAddress,
  type TaskJob,
} from "@pawl/store";
import { deliverWebhook } from "../../apps/worker/src/deliver-webhook.ts";
import { performTask } from "../../apps/worker/src/perform-task.ts";
import { watchQuarantine } from "../../apps/worker/src/quarantine.ts";
import { runningTasks } from "../../apps/worker/src/running-tasks.ts";
import { startSweepers } from "../../apps/worker/src/sweepers.ts";

export type OurWorkerOptions = {
  redisUrl: string;
  config: PawlConfig;
  model: Model;
  concurrency: number;
  /** Called when a task's stay in the worker is over. */
  onPerformed?: (job: TaskJob) => void;
  onLeaseLost?: (task: string) => void;
};

export type OurWorker = { close(): Promise<void> };

/** The defaults of the worker's environment. */
export const LOCK_DURATION_MS = 5000;
export const STALLED_INTERVAL_MS = 1000;

export async function startOurWorker(options: OurWorkerOptions): Promise<OurWorker> {
  const { redisUrl, config, model, concurrency, onPerformed, onLeaseLost } = options;
  // Lines are made and redacted as always; only their reader is missing.
  const log = createLog({ process: "worker", level: "info", stream: createWriteStream("/dev/null") });
  const onError = (error: Error) => void process.stderr.write(`worker: ${error.stack}\n`);
  const store = await openStore({ address: parseRedisAddress(redisUrl), failFast: false, onError });
  const egress = createEgressGuard({ allow: [] });
  const running = runningTasks();
  const notices = openNotices(store, onError);
  await notices.onEnded((ended) => running.interrupt(ended, "lost"));
  const replicas = openReplicas(store, onError);
  const nowMs = Date.now;
  const deps = {
    store,
    config,
    model,
    modelProvider: async () => "bench",
    egress,
    running,
    replicas,
    workerId: `bench-${process.pid}`,
    writeGraceMs: 3000,
    nowMs,
    log,
  };
  const queue = { lockDurationMs: LOCK_DURATION_MS, stalledIntervalMs: STALLED_INTERVAL_MS, onError };
  const stopQuarantine = watchQuarantine(store, log);
  const stopSweepers = startSweepers(store, log, { timeZone: config.timeZone });
  const webhooks = await consumeWebhooks(store, {
    ...queue,
    concurrency: 20,
    process: (job) => deliverWebhook(job, { store, egress, nowMs, random: Math.random, log }),
  });
  const tasks = await consumeTasks(store, {
    ...queue,
    lanes: ["high", "normal", "low"],
    concurrency,
    process: async (job) => {
      const verdict = await performTask(job, deps);
      onPerformed?.(job);
      return verdict;
    },
    onLeaseLost: (lost) => {
      running.interrupt(lost, "lease_lost");
      onLeaseLost?.(lost.task);
    },
  });
  return {
    async close() {
      const closed = tasks.close();
      running.interruptAll("shutdown");
      await closed;
      await Promise.all([webhooks.close(), stopSweepers(), stopQuarantine()]);
      notices.close();
      replicas.close();
      await egress.close();
      await store.close();
    },
  };
}
