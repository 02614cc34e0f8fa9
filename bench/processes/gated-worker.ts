/**
 * One worker, ours or plain, on a model that answers nobody until it is told to, and then everybody at one moment:
 * many tasks in flight at once.
 */
import { startOurWorker } from "../load/our-worker.ts";
import { openPlainQueue } from "../load/plain-queue.ts";
import { scriptedModel } from "../load/scripted-model.ts";
import { workload } from "../load/workload.ts";

/** What it tells its parent, besides its vitals. */
export type GatedWorkerMessage = { ready: true } | { waiting: number; finished: number; leasesLost: number };

const [kind, redisUrl = "", concurrencyText = "1"] = process.argv.slice(2);
const concurrency = Number(concurrencyText);
const TELL_EVERY_MS = 100;

const gate = Promise.withResolvers<void>();
let [waiting, finished, leasesLost] = [0, 0, 0];
const pass = async () => {
  waiting += 1;
  await gate.promise;
};
process.on("message", () => gate.resolve());

if (kind === "ours") {
  const task = workload(6, 1024);
  await startOurWorker({
    redisUrl,
    config: task.config,
    model: scriptedModel(task, async (turn) => (turn === 0 ? pass() : undefined)),
    concurrency,
    onPerformed: () => {
      finished += 1;
    },
    onLeaseLost: () => {
      leasesLost += 1;
    },
  });
} else {
  const plain = await openPlainQueue({
    redisUrl,
    name: "in-flight",
    concurrency,
    process: async () => {
      await pass();
      finished += 1;
    },
  });
  // The jobs are its own as well: the parent has nothing to add them with.
  for (let added = 0; added < concurrency; added += 50) {
    await Promise.all(Array.from({ length: Math.min(50, concurrency - added) }, () => plain.submit()));
  }
}
const tell = (message: GatedWorkerMessage) => void process.send?.(message);
tell({ ready: true });
setInterval(() => tell({ waiting, finished, leasesLost }), TELL_EVERY_MS);
