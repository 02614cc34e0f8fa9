/**
 * 10,000 tasks at once in one worker process, all waiting for a slow model: its memory at the highest, how late its
 * timers are while they wait, and whether every lock was kept (no task was started twice), also when the model then
 * answers all of them at one moment. Beside it as many jobs that wait in a plain BullMQ worker.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Bench, type Benchmark, type Figure, figure } from "./benchmark.ts";
import { openOurTasks } from "./load/our-tasks.ts";
import { startProcess } from "./load/process.ts";
import { lagProbe, recordVitals } from "./load/vitals.ts";
import { workload } from "./load/workload.ts";
import { inParallel } from "./measure/rounds.ts";
import { percentile } from "./measure/statistics.ts";
import { until } from "./measure/until.ts";
import type { GatedWorkerMessage } from "./processes/gated-worker.ts";

const TASKS = 10_000;
/** More than two lives of a lock. */
const WAIT_MS = 11_000;
const SUBMITTERS = 50;
const WITHIN_MS = 60_000;
const MIB = 2 ** 20;

export const inFlight: Benchmark = {
  name: "in_flight",
  figures: ["in_flight_rss", "in_flight_lag_p99"],
  policies: ["everysec"],
  limitS: 180,
  run,
};

async function run({ redisUrl, say }: Bench): Promise<Figure[]> {
  const ours = await openOurTasks(redisUrl, workload(6, 1024));
  const tasks: string[] = [];
  const submitAll = () => inParallel(TASKS, SUBMITTERS, async () => void tasks.push(await ours.submit()));
  const own = await crowd("ours", redisUrl, submitAll, async () => (await ours.completed()) === TASKS);
  say(`ours: ${describe(own)}`);
  const completed = await ours.completed();
  const startedTwice = (await ours.epochs(tasks)).filter((epoch) => epoch !== 1).length;
  await ours.close();
  const plain = await crowd("plain", redisUrl, async () => {});
  say(`plain: ${describe(plain)}`);
  if (completed !== TASKS) throw new Error(`${completed} of ${TASKS} tasks are completed`);
  const kept = startedTwice === 0 && own.leasesLost === 0;
  const note =
    `${TASKS} waiting jobs of a plain BullMQ worker; all in flight after ${own.rampS.toFixed(1)} s; answered at one ` +
    `moment, all completed after ${own.burst.seconds.toFixed(1)} s, ${own.burst.rssMb.toFixed(0)} MB at the highest, ` +
    `timers ${own.burst.lagMaxMs.toFixed(0)} ms late at most; leases lost ${own.leasesLost}, started twice ${startedTwice}`;
  return [
    figure(
      { name: "in_flight_rss", value: own.rssMb, unit: "MB", reference: plain.rssMb, note },
      { atMost: 700, also: kept },
    ),
    figure(
      {
        name: "in_flight_lag_p99",
        value: own.lagP99Ms,
        unit: "ms",
        reference: plain.lagP99Ms,
        note: `while they wait for ${WAIT_MS / 1000} s; the longest ${own.lagMaxMs.toFixed(0)} ms`,
      },
      { atMost: 20, also: kept },
    ),
  ];
}

type Crowd = {
  /** Until the gate was opened. */
  rssMb: number;
  lagP99Ms: number;
  lagMaxMs: number;
  rampS: number;
  /** From the moment at which all were answered to the end of the last. */
  burst: { seconds: number; rssMb: number; lagMaxMs: number };
  leasesLost: number;
};

function describe({ rssMb, lagP99Ms, rampS, burst }: Crowd): string {
  return (
    `${rssMb.toFixed(0)} MB, lag p99 ${lagP99Ms.toFixed(1)} ms, in flight after ${rampS.toFixed(1)} s; ` +
    `answered at once: ${burst.seconds.toFixed(1)} s, ${burst.rssMb.toFixed(0)} MB, lag ${burst.lagMaxMs.toFixed(0)} ms`
  );
}

async function crowd(
  kind: "ours" | "plain",
  redisUrl: string,
  submit: () => Promise<void>,
  allFinished?: () => Promise<boolean>,
): Promise<Crowd> {
  const child = startProcess<GatedWorkerMessage>(join(import.meta.dirname, "processes/gated-worker.ts"), {
    args: [kind, redisUrl, String(TASKS)],
    preload: lagProbe,
  });
  const vitals = recordVitals(child);
  const ready = Promise.withResolvers<void>();
  let state = { waiting: 0, finished: 0, leasesLost: 0 };
  child.onMessage((message) => {
    if ("ready" in message) ready.resolve();
    if ("waiting" in message) state = message;
  });
  void child.ended.then((how) => ready.reject(new Error(`the worker ended (${how}): ${child.errorTail()}`)));
  await ready.promise;
  const startedAtMs = performance.now();
  await submit();
  // A task that is started twice waits twice.
  await until("all in flight", () => state.waiting >= TASKS, { withinMs: WITHIN_MS, soFar: () => state });
  const rampS = (performance.now() - startedAtMs) / 1000;
  vitals.restart();
  // The wait is what is measured: locks must be renewed more than once in it.
  await delay(WAIT_MS);
  const { lagsMs, peakRssBytes } = vitals;
  vitals.restart();
  const openedAtMs = performance.now();
  child.send("open the gate");
  await until("all finished", allFinished ?? (() => state.finished >= TASKS), {
    withinMs: WITHIN_MS,
    soFar: () => state,
  });
  const burst = {
    seconds: (performance.now() - openedAtMs) / 1000,
    rssMb: vitals.peakRssBytes / MIB,
    lagMaxMs: percentile(vitals.lagsMs, 100),
  };
  child.kill("SIGKILL");
  await child.ended;
  return {
    rssMb: peakRssBytes / MIB,
    lagP99Ms: percentile(lagsMs, 99),
    lagMaxMs: percentile(lagsMs, 100),
    rampS,
    burst,
    leasesLost: state.leasesLost,
  };
}
