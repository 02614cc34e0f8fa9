/**
 * 2,000 tasks at once in the real worker process, each with a request to a slow model open: the SDK's part in what
 * `in_flight` measures without it. Beside it a process that has as many SDK calls open and does nothing else.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Bench, type Benchmark, type Figure, figure } from "./benchmark.ts";
import { openOurTasks } from "./load/our-tasks.ts";
import { type BenchProcess, startProcess } from "./load/process.ts";
import { startSimulator } from "./load/simulator.ts";
import { lagProbe, recordVitals } from "./load/vitals.ts";
import { workload } from "./load/workload.ts";
import { inParallel } from "./measure/rounds.ts";
import { percentile } from "./measure/statistics.ts";
import { until } from "./measure/until.ts";

const TASKS = 2000;
/** From the first request on; the last must be open well before. */
const FIRST_REPLY_MS = 25_000;
const WAIT_MS = 8_000;
const WITHIN_MS = 60_000;
const MIB = 2 ** 20;
const root = join(import.meta.dirname, "..");

export const inFlightSdk: Benchmark = {
  name: "in_flight_sdk",
  figures: ["in_flight_sdk_rss", "in_flight_sdk_lag_p99"],
  policies: ["everysec"],
  limitS: 150,
  run,
};

async function run({ redisUrl, dir, say }: Bench): Promise<Figure[]> {
  const task = workload(6, 1024);
  const simulator = await startSimulator(task, { dir, firstReplyMs: FIRST_REPLY_MS });
  const env = {
    REDIS_URL: redisUrl,
    PAWL_DATA_DIR: dir,
    PAWL_CONFIG: join(import.meta.dirname, "load/bench.config.ts"),
    ANTHROPIC_API_KEY: "simulator",
    ANTHROPIC_BASE_URL: simulator.url,
    WORKER_CONCURRENCY: String(TASKS),
  };
  const worker = startProcess<object>(join(root, "apps/worker/src/main.ts"), { env, preload: lagProbe });
  const ours = await openOurTasks(redisUrl, task);
  await worker.logged("ready");
  const tasks: string[] = [];
  const own = await watch(worker, simulator.url, async () => {
    await inParallel(TASKS, 50, async () => void tasks.push(await ours.submit()));
  });
  say(`ours: ${own.rssMb.toFixed(0)} MB, lag p99 ${own.lagP99Ms.toFixed(1)} ms`);
  let completed = 0;
  const allFinished = async () => {
    completed = await ours.completed();
    return completed === TASKS;
  };
  await until("all finished", allFinished, { withinMs: WITHIN_MS, soFar: () => completed });
  const startedTwice = (await ours.epochs(tasks)).filter((epoch) => epoch !== 1).length;
  worker.kill("SIGKILL");
  await Promise.all([worker.ended, ours.close()]);

  const bare = startProcess<object>(join(import.meta.dirname, "processes/open-calls.ts"), {
    args: [simulator.url, String(TASKS)],
    preload: lagProbe,
  });
  const reference = await watch(bare, simulator.url, async () => {});
  say(`bare: ${reference.rssMb.toFixed(0)} MB, lag p99 ${reference.lagP99Ms.toFixed(1)} ms`);
  for (const child of [bare, simulator.process]) child.kill("SIGKILL");
  const also = startedTwice === 0;
  const note = `${TASKS} open SDK calls and nothing else; started twice ${startedTwice}`;
  return [
    figure(
      { name: "in_flight_sdk_rss", value: own.rssMb, unit: "MB", reference: reference.rssMb, note },
      { atMost: 700, also },
    ),
    figure(
      {
        name: "in_flight_sdk_lag_p99",
        value: own.lagP99Ms,
        unit: "ms",
        reference: reference.lagP99Ms,
        note: `while they wait for ${WAIT_MS / 1000} s`,
      },
      { atMost: 20, also },
    ),
  ];
}

async function watch(child: BenchProcess<object>, simulatorUrl: string, submit: () => Promise<void>) {
  const vitals = recordVitals(child);
  await submit();
  const open = async () => {
    const response = await fetch(`${simulatorUrl}/control/scenario`);
    // This very look is one of those in flight.
    return ((await response.json()) as { in_flight: number }).in_flight > TASKS;
  };
  await until("all calls open", open, { withinMs: FIRST_REPLY_MS, everyMs: 100 });
  vitals.restart();
  await delay(WAIT_MS);
  return { rssMb: vitals.peakRssBytes / MIB, lagP99Ms: percentile(vitals.lagsMs, 99) };
}
