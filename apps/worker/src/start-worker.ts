/**
 * Puts a worker together over what it is given: notices, leases, sweepers, webhooks, tasks. What is opened is handed to
 * `onClose`, to be closed in reverse order. In the quarantine lane it performs one task at a time and nothing else.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { EgressGuard, Model, PawlConfig } from "@pawl/agent";
import type { Log } from "@pawl/service";
import {
  consumeTasks,
  consumeWebhooks,
  type Lane,
  openNotices,
  openReplicas,
  type QueueName,
  type Store,
  type TaskJob,
} from "@pawl/store";
import { deliverWebhook } from "./deliver-webhook.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { performTask } from "./perform-task.ts";
import { openProviderHealth } from "./provider-health.ts";
import { endWhenIdle, watchQuarantine } from "./quarantine.ts";
import { runningTasks } from "./running-tasks.ts";
import { startSweepers } from "./sweepers.ts";
import type { TaskMetrics } from "./task-metrics.ts";

export type WorkerDeps = {
  store: Store;
  config: PawlConfig;
  model: Model;
  modelProvider: () => Promise<string>;
  /** Whose limits the models' are: workers of one name share them. Default: all. */
  providerName?: string;
  egress: EgressGuard;
  nowMs: () => number;
  log: Log;
  metrics: TaskMetrics;
  /** Faults of connections, which mend themselves. */
  onError: (error: Error) => void;
  onClose: (name: string, close: () => unknown) => void;
};

export type WorkerOptions = {
  concurrency: number;
  lockDurationMs: number;
  stalledIntervalMs: number;
  /** How long a `write` tool in flight may take when the worker is going. */
  writeGraceMs: number;
  /** Given: it serves the quarantine lane, and is told when it has had nothing to do for a while. */
  quarantine?: { onIdle: (reason: string) => void };
  /** For who watches: a task's stay here is over; a lease was lost. */
  onPerformed?: (job: TaskJob) => void;
  onLeaseLost?: (task: string) => void;
};

const WEBHOOK_CONCURRENCY = 20;

export async function startWorker(deps: WorkerDeps, options: WorkerOptions): Promise<{ workerId: string }> {
  const { store, config, egress, nowMs, log, onError, onClose } = deps;
  const { quarantine, lockDurationMs, stalledIntervalMs } = options;
  const running = runningTasks();
  const notices = openNotices(store, onError);
  onClose("notices", () => notices.close());
  await notices.onEnded((ended) => running.interrupt(ended, "lost"));
  const replicas = openReplicas(store, onError);
  onClose("replicas", () => replicas.close());

  const workerId = `${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}`;
  const health = await openProviderHealth({
    ...deps,
    notices,
    workerId,
    provider: deps.providerName ?? "default",
  });
  onClose("health of providers", () => health.close());
  const performing = { ...deps, running, replicas, health, workerId, writeGraceMs: options.writeGraceMs };
  const queue = { lockDurationMs, stalledIntervalMs, onError };
  if (quarantine === undefined) {
    onClose("quarantine", watchQuarantine(store, log));
    onClose("sweepers", startSweepers(store, log, { timeZone: config.timeZone }));
    const webhooks = await consumeWebhooks(store, {
      ...queue,
      concurrency: WEBHOOK_CONCURRENCY,
      process: (job) => deliverWebhook(job, { store, egress, nowMs, random: Math.random, log }),
    });
    onClose("webhooks", () => webhooks.close());
  } else {
    onClose(
      "idle watch",
      endWhenIdle(() => running.size() > 0, quarantine.onIdle),
    );
  }
  const serving: { lanes: Lane[]; concurrency: number } =
    quarantine === undefined
      ? { lanes: ["high", "normal", "low"], concurrency: options.concurrency }
      : { lanes: ["quarantine"], concurrency: 1 };
  const { lanes, concurrency } = serving;
  const queues: QueueName[] = quarantine === undefined ? [...lanes, "webhooks"] : lanes;
  const alive = { store, log, nowMs, running: running.size };
  onClose("heartbeat", startHeartbeat(alive, { id: workerId, concurrency, queues }));
  const tasks = await consumeTasks(store, {
    ...queue,
    ...serving,
    async process(job) {
      const verdict = await performTask(job, performing);
      options.onPerformed?.(job);
      return verdict;
    },
    onLeaseLost(lost) {
      running.interrupt(lost, "lease_lost");
      options.onLeaseLost?.(lost.task);
    },
  });
  onClose("tasks", async () => {
    // First no new ones, then those under way are handed back; the queue's close waits for both.
    const closed = tasks.close();
    running.interruptAll("shutdown");
    await closed;
  });
  return { workerId };
}
