/**
 * What a finished task of fifty steps (25 turns, 25 calls with 2 KB results) occupies in Redis, all of its keys, as
 * Redis itself counts memory; beside the bytes of what was said in it. The figure is that of the archived task, which
 * it is from a minute after its end on; the note has that of the task that has just ended, too.
 */
import { readTask, redisNowMs, type Store, sweepArchive } from "@pawl/store";
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
  const fresh = await occupied(ours.store, id);
  const archived = await sweepArchive(ours.store, await redisNowMs(ours.store), { endedForMs: 0 });
  if (archived !== 1) throw new Error(`${archived} tasks were archived, not one`);
  const { bytes, parts } = await occupied(ours.store, id);
  await ours.close();
  const reference = contentBytes(task);
  return [
    figure(
      {
        name: "bytes_per_50_step_task",
        value: bytes,
        unit: "bytes",
        reference,
        note:
          `what was said: prompt, text, calls, results; ${parts}; in its first minute ` +
          `${fresh.bytes} (${(fresh.bytes / reference).toFixed(2)}): ${fresh.parts}`,
      },
      { ratioAtMost: 0.6 },
    ),
  ];
}

/** All keys of one task, as Redis counts memory. */
async function occupied({ redis }: Store, id: string): Promise<{ bytes: number; parts: string }> {
  const keys = await redis.keys(`*${id}*`);
  const sizes = await Promise.all(
    keys.map(async (key) => ({ key, bytes: Number(await redis.memory("USAGE", key, "SAMPLES", 0)) })),
  );
  const name = (key: string) => key.replace(id, "").replace(/^.*[:}]([a-z-]+:)/, "$1");
  return {
    bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    parts: sizes.map(({ key, bytes }) => `${name(key)} ${bytes}`).join(", "),
  };
}
