/**
 * From submit to the notice of a task's end, six steps, nothing else going on, one task at a time: the time that
 * Pawl adds to what the model takes. Beside it BullMQ plus one plain EVALSHA per step, followed in the same way.
 */
import { key, readTask } from "@pawl/store";
import { Redis } from "ioredis";
import { type Bench, type Benchmark, type Figure, figure, named } from "./benchmark.ts";
import { openOurTasks, TENANT } from "./load/our-tasks.ts";
import { startOurWorker } from "./load/our-worker.ts";
import { openPlainQueue, plainSteps } from "./load/plain-queue.ts";
import { scriptedModel } from "./load/scripted-model.ts";
import { workload } from "./load/workload.ts";
import { percentile } from "./measure/statistics.ts";
import { until } from "./measure/until.ts";

const WARM_UP = 100;
const SAMPLES = 500;
/** Ours and the reference take turns by so many. */
const STRETCH = 50;

export const idleLatency: Benchmark = {
  name: "idle_latency",
  figures: ["idle_latency_p50", "idle_latency_p99"],
  policies: ["everysec", "always"],
  limitS: 90,
  run,
};

async function run({ policy, redisUrl }: Bench): Promise<Figure[]> {
  const task = workload(6, 1024);
  const config = task.config;
  const worker = await startOurWorker({ redisUrl, config, model: scriptedModel(task), concurrency: 100 });
  const ours = await openOurTasks(redisUrl, task);
  const follower = await followAll(redisUrl, `${key(TENANT, "notice")}*`);
  // The journal's length tells the end: it is the same for every task of this workload.
  const first = await ours.submit();
  let lastSeq = 0;
  await until(
    "the first task's end",
    async () => {
      const state = await readTask(ours.store, TENANT, first);
      lastSeq = state?.seq ?? 0;
      return state?.status === "completed";
    },
    { withinMs: 10_000 },
  );

  const steps = plainSteps(redisUrl, task);
  const plain = await openPlainQueue({ redisUrl, name: "idle", concurrency: 100, process: steps.perform });
  const plainFollower = await followAll(redisUrl, "{plain}:notice:*");

  const [own, reference]: [number[], number[]] = [[], []];
  for (let n = -WARM_UP; n < SAMPLES; n += STRETCH) {
    const kept = n >= 0;
    for (let i = 0; i < STRETCH; i += 1) {
      const ms = await timed(ours.submit, follower, lastSeq);
      if (kept) own.push(ms);
    }
    for (let i = 0; i < STRETCH; i += 1) {
      const ms = await timed(plain.submit, plainFollower, task.steps);
      if (kept) reference.push(ms);
    }
  }
  follower.close();
  plainFollower.close();
  await Promise.all([worker.close(), ours.close(), plain.close()]);
  steps.close();
  const note = `BullMQ + an EVALSHA per step; n = ${SAMPLES} each`;
  return [50, 99].map((percent) =>
    figure(
      {
        name: named(`idle_latency_p${percent}`, policy),
        value: percentile(own, percent),
        unit: "ms",
        reference: percentile(reference, percent),
        note,
      },
      { atMost: percent === 50 ? 5 : 15 },
    ),
  );
}

type Follower = { until(seq: number): Promise<void>; close(): void };

/** One subscription for all tasks, since only one runs at a time. */
async function followAll(redisUrl: string, pattern: string): Promise<Follower> {
  const connection = new Redis(redisUrl);
  let wanted = { seq: 0, resolve: () => {} };
  connection.on("pmessage", (_pattern: string, _channel: string, message: string) => {
    if (Number(message) === wanted.seq) wanted.resolve();
  });
  await connection.psubscribe(pattern);
  return {
    until: (seq) =>
      new Promise((resolve) => {
        wanted = { seq, resolve };
      }),
    close: () => connection.disconnect(),
  };
}

async function timed(submit: () => Promise<unknown>, follower: Follower, lastSeq: number): Promise<number> {
  const startedAtMs = performance.now();
  const ended = follower.until(lastSeq);
  const submitted = submit();
  await ended;
  const elapsedMs = performance.now() - startedAtMs;
  // The reply to the submit may come after the end; the next one must not overlap with it.
  await submitted;
  return elapsedMs;
}
