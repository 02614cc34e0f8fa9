/**
 * A worker as its own process puts it together, everything on (sweepers, notices, webhooks, log at `info`), but with a
 * model of the bench's choice and in a process of the bench's choice.
 */
import { createWriteStream } from "node:fs";
import { createEgressGuard, type Model, type PawlConfig } from "@pawl/agent";
import { createLog, createMetrics } from "@pawl/service";
import { openStore, parseRedisAddress, type TaskJob } from "@pawl/store";
import { startWorker } from "../../apps/worker/src/start-worker.ts";
import { taskMetrics } from "../../apps/worker/src/task-metrics.ts";

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
const WRITE_GRACE_MS = 3000;

export async function startOurWorker(options: OurWorkerOptions): Promise<OurWorker> {
  const { redisUrl, config, model, ...rest } = options;
  // Lines are made and redacted as always; only their reader is missing.
  const log = createLog({ process: "worker", level: "info", stream: createWriteStream("/dev/null") });
  const metrics = taskMetrics(createMetrics("worker"));
  const onError = (error: Error) => void process.stderr.write(`worker: ${error.stack}\n`);
  const store = await openStore({ address: parseRedisAddress(redisUrl), failFast: false, onError });
  const egress = createEgressGuard({ allow: [] });
  const closes: (() => unknown)[] = [() => store.close(), () => egress.close()];
  const onClose = (_: string, close: () => unknown) => void closes.push(close);
  const modelProvider = async () => "bench";
  await startWorker(
    { store, config, model, modelProvider, egress, nowMs: Date.now, log, metrics, onError, onClose },
    {
      ...rest,
      lockDurationMs: LOCK_DURATION_MS,
      stalledIntervalMs: STALLED_INTERVAL_MS,
      writeGraceMs: WRITE_GRACE_MS,
    },
  );
  return {
    async close() {
      for (const close of closes.reverse()) await close();
    },
  };
}
