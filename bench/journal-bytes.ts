/**
 * What a finished task of fifty steps (25 turns, 25 calls with 2 KB results) occupies in Redis, all of its keys, as
 * Redis itself counts memory; beside the bytes of what was said in it.
 */
import { readTask } from "@pawl/store";
import { type Bench, type Benchmark, type Figure, figure } from "./benchmark.ts";
import { openOurTasks, TENANT } from "./load/our-tasks.ts";
import { startOurWorker } from "./load/our-worker.ts";
import { scriptedModel } from "./load/scripted-model.ts";
import { contentBytes, workload } from "./load/workload.ts";
import { until } from "./measure/until.ts";

export const journalBytes: Benchmark = {
  name: "journal_bytes",
  figures: ["bytes_per_50_step_task"],
  policies: ["everysec"],
  limitS: 60,
  run,
};

async function run({ redisUrl }: Bench): Promise<Figure[]> {
  const task = workload(50, 2048);
  const { config } = task;
  const worker = await startOurWorker({ redisUrl, config, model: scriptedModel(task), concurrency: 1 });
  const ours = await openOurTasks(redisUrl, task);
  const id = await ours.submit();
  let steps = 0;
  const ended = async () => {
    const state = await readTask(ours.store, TENANT, id);
    steps = state?.steps ?? 0;
    return state?.status === "completed";
  };
  await until("the task's end", ended, { withinMs: 20_000 });
  await worker.close();
  if (steps !== task.steps) throw new Error(`the task has ${steps} steps, not ${task.steps}`);
  const keys = await ours.store.redis.keys(`*${id}*`);
  const sizes = await Promise.all(
    keys.map(async (key) => ({
      key,
      bytes: Number(await ours.store.redis.memory("USAGE", key, "SAMPLES", 0)),
    })),
  );
  await ours.close();
  const value = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const parts = sizes.map(
    ({ key, bytes }) => `${key.replace(id, "").replace(/^.*[:}]([a-z-]+:)/, "$1")} ${bytes}`,
  );
  return [
    figure(
      {
        name: "bytes_per_50_step_task",
        value,
        unit: "bytes",
        reference: contentBytes(task),
        note: `what was said: prompt, text, calls, results; ${parts.join(", ")}`,
      },
      { ratioAtMost: 0.6 },
    ),
  ];
}
