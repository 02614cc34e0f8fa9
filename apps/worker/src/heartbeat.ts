/** Says every few seconds that this worker lives, and what it does: `GET /v1/workers` shows it. Two commands a beat. */
import { hostname } from "node:os";
import type { Log } from "@pawl/service";
import { forgetWorker, type LivingWorker, reportWorker, type Store, WORKER_BEAT_MS } from "@pawl/store";

/** The first beat is under way when this returns; the returned function ends them and takes the worker off the list. */
export function startHeartbeat(
  { store, log, running, nowMs }: { store: Store; log: Log; running: () => number; nowMs: () => number },
  worker: Pick<LivingWorker, "id" | "concurrency" | "queues">,
): () => Promise<void> {
  const self = { ...worker, host: hostname(), sinceMs: nowMs() };
  const beat = (isFirst: boolean) =>
    reportWorker(store, { ...self, running: running() }, isFirst).catch((error: unknown) => {
      log.warn("a heartbeat failed and will be repeated", { error });
    });
  let current = beat(true);
  let isBeating = true;
  void current.then(() => {
    isBeating = false;
  });
  const timer = setInterval(() => {
    // While Redis is away commands wait: one that waits is enough.
    if (isBeating) return;
    isBeating = true;
    current = beat(false).then(() => {
      isBeating = false;
    });
  }, WORKER_BEAT_MS);
  return async () => {
    clearInterval(timer);
    await current;
    await forgetWorker(store, worker.id).catch(() => {});
  };
}
