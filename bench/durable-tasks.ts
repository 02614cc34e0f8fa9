/**
 * Tasks of six steps (three turns, three calls with 1 KB results) per second, submitted and performed by one
 * process, its model without latency: what durability costs when nothing else does. Beside it BullMQ plus one
 * plain EVALSHA per step, and a BullMQ job that does nothing.
 */
import { type Bench, type Benchmark, type Figure, type Floor, figure, named } from "./benchmark.ts";
import { openOurTasks } from "./load/our-tasks.ts";
import { startOurWorker } from "./load/our-worker.ts";
import { openPlainQueue, plainSteps } from "./load/plain-queue.ts";
import { scriptedModel } from "./load/scripted-model.ts";
import { type Workload, workload } from "./load/workload.ts";
import { type Finish, tasksPerSecond } from "./measure/batch.ts";
import { interleave } from "./measure/rounds.ts";
import { median, spread } from "./measure/statistics.ts";

/** The worker's default. */
const CONCURRENCY = 100;
const TASKS = 1500;
const ROUNDS = 5;

export const durableTasks: Benchmark = {
  name: "durable_tasks",
  figures: ["durable_tasks"],
  policies: ["everysec", "always"],
  limitS: 90,
  run: (bench) =>
    measure(bench, {
      name: "durable_tasks",
      task: workload(6, 1024),
      floor: bench.policy === "everysec" ? { atLeast: 1500, ratioAtLeast: 0.5 } : { ratioAtLeast: 0.5 },
    }),
};

/** The same with a session and a feature, and a limit on every scope: each call is held on six accounts. */
export const durableTasksSixScopes: Benchmark = {
  name: "durable_tasks_six_scopes",
  figures: ["durable_tasks_six_scopes"],
  policies: ["everysec"],
  limitS: 90,
  run: (bench) =>
    measure(bench, {
      name: "durable_tasks_six_scopes",
      task: workload(6, 1024, { everyScope: true }),
      floor: { ratioAtLeast: 0.4 },
    }),
};

async function measure(
  { policy, redisUrl, say }: Bench,
  { name, task, floor }: { name: string; task: Workload; floor: Floor },
): Promise<Figure[]> {
  const finish: Finish = { one: () => {} };
  const ours = await openOurTasks(redisUrl, task);
  const worker = await startOurWorker({
    redisUrl,
    config: task.config,
    model: scriptedModel(task),
    concurrency: CONCURRENCY,
    onPerformed: () => finish.one(),
  });
  const steps = plainSteps(redisUrl, task);
  const stepping = await openPlainQueue({
    redisUrl,
    name: "stepping",
    concurrency: CONCURRENCY,
    process: async (id) => {
      await steps.perform(id);
      finish.one();
    },
  });
  const bare = await openPlainQueue({
    redisUrl,
    name: "bare",
    concurrency: CONCURRENCY,
    process: async () => finish.one(),
  });
  const batch = { tasks: TASKS, submitters: CONCURRENCY, finish };
  const [own, plain, idle] = await interleave(
    [
      { name: "ours", measure: () => tasksPerSecond({ ...batch, submit: ours.submit }) },
      { name: "BullMQ + EVALSHA", measure: () => tasksPerSecond({ ...batch, submit: stepping.submit }) },
      { name: "bare BullMQ job", measure: () => tasksPerSecond({ ...batch, submit: bare.submit }) },
    ],
    { rounds: ROUNDS, say },
  );
  const completed = await ours.completed();
  await Promise.all([worker.close(), stepping.close(), bare.close(), ours.close()]);
  steps.close();
  if (own === undefined || plain === undefined || idle === undefined)
    throw new Error("a contestant is missing");
  const expected = TASKS * (ROUNDS + 1);
  if (completed !== expected) throw new Error(`${completed} of ${expected} tasks are completed`);
  const [value, reference, idleJobs] = [median(own.values), median(plain.values), median(idle.values)];
  const note =
    `BullMQ + an EVALSHA per step (${spread(plain.values)}); ours ${spread(own.values)}; ` +
    `bare BullMQ job ${Math.round(idleJobs)}/s, ratio ${(value / idleJobs).toFixed(2)}`;
  return [figure({ name: named(name, policy), value, unit: "tasks/s", reference, note }, floor)];
}
