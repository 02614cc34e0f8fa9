/**
 * What the guards cost: the tasks of `real_sdk_tasks` under the default policy (the prompt, three answers of tools and
 * three replies are looked at), beside the same tasks without guards, in the same worker.
 */
import { type Bench, type Benchmark, type Figure, figure, named } from "./benchmark.ts";
import { openOurTasks } from "./load/our-tasks.ts";
import { startOurWorker } from "./load/our-worker.ts";
import { modelAt, startSimulator } from "./load/simulator.ts";
import { workload } from "./load/workload.ts";
import { type Finish, tasksPerSecond } from "./measure/batch.ts";
import { interleave } from "./measure/rounds.ts";
import { median, spread } from "./measure/statistics.ts";

const CONCURRENCY = 100;
const TASKS = 500;
const ROUNDS = 10;

export const guardedSdkTasks: Benchmark = {
  name: "guarded_sdk_tasks",
  figures: ["guarded_sdk_tasks"],
  policies: ["everysec"],
  limitS: 180,
  run,
};

async function run({ policy, redisUrl, dir, say }: Bench): Promise<Figure[]> {
  const task = workload(6, 1024);
  const simulator = await startSimulator(task, { dir });
  const finish: Finish = { one: () => {} };
  const [guarded, bare] = await Promise.all([
    openOurTasks(redisUrl, task, { guarded: true }),
    openOurTasks(redisUrl, task),
  ]);
  const worker = await startOurWorker({
    redisUrl,
    config: task.config,
    model: modelAt(simulator.url),
    concurrency: CONCURRENCY,
    onPerformed: () => finish.one(),
  });
  const batch = { tasks: TASKS, submitters: CONCURRENCY, finish };
  const [own, without] = await interleave(
    [
      { name: "guarded", measure: () => tasksPerSecond({ ...batch, submit: guarded.submit }) },
      { name: "without guards", measure: () => tasksPerSecond({ ...batch, submit: bare.submit }) },
    ],
    { rounds: ROUNDS, say },
  );
  const completed = await guarded.completed();
  await Promise.all([worker.close(), guarded.close(), bare.close()]);
  simulator.process.kill("SIGTERM");
  if (own === undefined || without === undefined) throw new Error("a contestant is missing");
  const expected = 2 * TASKS * (ROUNDS + 1);
  if (completed !== expected) throw new Error(`${completed} of ${expected} tasks are completed`);
  const note = `the same without guards (${spread(without.values)}); guarded ${spread(own.values)}`;
  const [value, reference] = [median(own.values), median(without.values)];
  return [
    figure(
      { name: named("guarded_sdk_tasks", policy), value, unit: "tasks/s", reference, note },
      { ratioAtLeast: 0.85 },
    ),
  ];
}
