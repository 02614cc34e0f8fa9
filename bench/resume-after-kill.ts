/**
 * From kill -9 of a worker process to `task.started` by another, with the default locks: how long a crash costs.
 * Meanwhile other workers are stopped for three seconds and go on, and must keep their tasks. Beside it a plain
 * BullMQ worker with the same locks. All kills overlap, spread over the sweep's interval.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readJournal } from "@pawl/store";
import { type Bench, type Benchmark, type Figure, figure } from "./benchmark.ts";
import { type OurTasks, openOurTasks, TENANT } from "./load/our-tasks.ts";
import { type BenchProcess, startProcess } from "./load/process.ts";
import { startSimulator } from "./load/simulator.ts";
import { workload } from "./load/workload.ts";
import { median, spread } from "./measure/statistics.ts";
import { until } from "./measure/until.ts";

const VICTIMS = 6;
const PAUSED = 2;
const PAUSE_MS = 3000;
const BETWEEN_KILLS_MS = 370;
const WITHIN_MS = 30_000;
const root = join(import.meta.dirname, "..");

export const resumeAfterKill: Benchmark = {
  name: "resume",
  figures: ["resume_median"],
  policies: ["everysec"],
  limitS: 120,
  run,
};

async function run({ redisUrl, dir, say }: Bench): Promise<Figure[]> {
  const task = workload(6, 1024);
  // Nobody gets an answer: the tasks stay in their workers' hands.
  const simulator = await startSimulator(task, { dir, firstReplyMs: 600_000 });
  const ours = await openOurTasks(redisUrl, task);
  const startWorker = async (concurrency: number) => {
    const worker = startProcess(join(root, "apps/worker/src/main.ts"), {
      env: {
        REDIS_URL: redisUrl,
        PAWL_DATA_DIR: dir,
        PAWL_CONFIG: join(import.meta.dirname, "load/bench.config.ts"),
        ANTHROPIC_API_KEY: "simulator",
        ANTHROPIC_BASE_URL: simulator.url,
        WORKER_CONCURRENCY: String(concurrency),
      },
    });
    await worker.logged("ready");
    return worker;
  };
  // One task each, so that whose is whose is known.
  const held = [];
  for (let i = 0; i < VICTIMS + PAUSED; i += 1) {
    const worker = await startWorker(1);
    const id = await ours.submit();
    await until("the task's start", async () => (await starts(ours, id)).length === 1, {
      withinMs: WITHIN_MS,
    });
    held.push({ worker, id });
  }
  const survivor = await startWorker(100);

  const paused = held.slice(VICTIMS).map(({ worker, id }) => pausedLoses(ours, worker, id));
  const killed = held.slice(0, VICTIMS).map(async ({ worker, id }, i) => {
    await delay(i * BETWEEN_KILLS_MS);
    worker.kill("SIGKILL");
    const killedAtMs = Date.now();
    await until("the next start", async () => (await starts(ours, id)).length === 2, { withinMs: WITHIN_MS });
    const startedAtMs = (await starts(ours, id))[1] ?? Number.NaN;
    return (startedAtMs - killedAtMs) / 1000;
  });
  const seconds = await Promise.all(killed);
  const lost = (await Promise.all(paused)).filter(Boolean).length;
  say(`ours: ${seconds.map((s) => s.toFixed(2)).join(" ")}; lost in a pause: ${lost} of ${PAUSED}`);
  for (const { worker } of held) worker.kill("SIGKILL");
  for (const child of [survivor, simulator.process]) child.kill("SIGKILL");
  await ours.close();

  const plain = await plainResumes(redisUrl);
  say(`plain: ${plain.map((s) => s.toFixed(2)).join(" ")}`);
  const note =
    `plain BullMQ with the same locks (${spread(plain, 1)}); ours ${spread(seconds, 1)}, n = ${VICTIMS}; ` +
    `tasks lost in a pause of ${PAUSE_MS / 1000} s: ${lost} of ${PAUSED}`;
  const measured = { value: median(seconds), unit: "s", reference: median(plain), note };
  return [figure({ name: "resume_median", ...measured }, { atMost: 6, also: lost === 0 })];
}

/** The moments at which the task was started, by Redis' clock, which on one machine is ours. */
async function starts({ store }: OurTasks, id: string): Promise<number[]> {
  const events = await readJournal(store, TENANT, id);
  return events.filter(({ type }) => type === "task.started").map(({ at }) => at);
}

/** Whether a pause cost the worker its task. */
async function pausedLoses(ours: OurTasks, worker: BenchProcess, id: string): Promise<boolean> {
  worker.kill("SIGSTOP");
  await delay(PAUSE_MS);
  worker.kill("SIGCONT");
  // Longer than a lock and two looks for stalled jobs: who was to take it over would have.
  await delay(7500);
  return (await starts(ours, id)).length !== 1;
}

type Started = { started: string; atMs: number };

async function plainResumes(redisUrl: string): Promise<number[]> {
  const entry = join(import.meta.dirname, "processes/plain-holder.ts");
  const startedAtMs = new Map<string, number[]>();
  const start = async (kind: "holder" | "survivor") => {
    const child = startProcess<Started | { ready: true }>(entry, { args: [kind, redisUrl] });
    const first = Promise.withResolvers<string>();
    child.onMessage((message) => {
      if ("started" in message) {
        startedAtMs.set(message.started, [...(startedAtMs.get(message.started) ?? []), message.atMs]);
        first.resolve(message.started);
      } else if (kind === "survivor") first.resolve("");
    });
    return { child, id: await first.promise };
  };
  const holders = [];
  for (let i = 0; i < VICTIMS; i += 1) holders.push(await start("holder"));
  const survivor = await start("survivor");
  const seconds = await Promise.all(
    holders.map(async ({ child, id }, i) => {
      await delay(i * BETWEEN_KILLS_MS);
      child.kill("SIGKILL");
      const killedAtMs = Date.now();
      await until("the next start", () => startedAtMs.get(id)?.length === 2, { withinMs: WITHIN_MS });
      return ((startedAtMs.get(id)?.[1] ?? Number.NaN) - killedAtMs) / 1000;
    }),
  );
  survivor.child.kill("SIGKILL");
  return seconds;
}
