/**
 * The tasks of `durable_tasks` with the real SDK in the path, streaming from the simulator in a process of its own.
 * Beside it the same calls with the same bodies in a bare loop, at the same concurrency: the SDK over the worker's own
 * `fetch` and nothing else; and, second, the SDK as it comes.
 */
import Anthropic from "@anthropic-ai/sdk";
import { leanFetch } from "../packages/agent/src/model/lean-fetch.ts";
import { type Bench, type Benchmark, type Figure, figure, named } from "./benchmark.ts";
import { openOurTasks } from "./load/our-tasks.ts";
import { startOurWorker } from "./load/our-worker.ts";
import { modelAt, recordRequests, startSimulator } from "./load/simulator.ts";
import { type Workload, workload } from "./load/workload.ts";
import { type Finish, tasksPerSecond } from "./measure/batch.ts";
import { inParallel, interleave } from "./measure/rounds.ts";
import { median, spread } from "./measure/statistics.ts";

const CONCURRENCY = 100;
const TASKS = 250;
const ROUNDS = 4;

export const realSdkTasks: Benchmark = {
  name: "real_sdk_tasks",
  figures: ["real_sdk_tasks"],
  policies: ["everysec", "always"],
  limitS: 120,
  run,
};

async function run({ policy, redisUrl, dir, say }: Bench): Promise<Figure[]> {
  const task = workload(6, 1024);
  const simulator = await startSimulator(task, { dir });
  const bodies = await bodiesOfOneTask(redisUrl, task, simulator.url);
  const finish: Finish = { one: () => {} };
  const ours = await openOurTasks(redisUrl, task);
  const worker = await startOurWorker({
    redisUrl,
    config: task.config,
    model: modelAt(simulator.url),
    concurrency: CONCURRENCY,
    onPerformed: () => finish.one(),
  });
  const before = await ours.completed();
  const [own, bare, plain] = await interleave(
    [
      {
        name: "ours",
        measure: () => tasksPerSecond({ tasks: TASKS, submitters: CONCURRENCY, submit: ours.submit, finish }),
      },
      { name: "bare SDK loop", measure: () => bareLoop(simulator.url, bodies, leanFetch) },
      { name: "SDK as it comes", measure: () => bareLoop(simulator.url, bodies, fetch) },
    ],
    { rounds: ROUNDS, say },
  );
  const completed = (await ours.completed()) - before;
  await Promise.all([worker.close(), ours.close()]);
  simulator.process.kill("SIGTERM");
  if (own === undefined || bare === undefined || plain === undefined)
    throw new Error("a contestant is missing");
  const expected = TASKS * (ROUNDS + 1);
  if (completed !== expected) throw new Error(`${completed} of ${expected} tasks are completed`);
  const note =
    `bare loop of the same SDK calls (${spread(bare.values)}); ours ${spread(own.values)}; ` +
    `the loop over the global fetch ${Math.round(median(plain.values))}/s`;
  const name = named("real_sdk_tasks", policy);
  const [value, reference] = [median(own.values), median(bare.values)];
  return [figure({ name, value, unit: "tasks/s", reference, note }, { ratioAtLeast: 0.65 })];
}

/** One task of ours, its requests recorded on their way. */
async function bodiesOfOneTask(redisUrl: string, task: Workload, simulatorUrl: string) {
  const recorder = await recordRequests(simulatorUrl);
  const finished = Promise.withResolvers<void>();
  const worker = await startOurWorker({
    redisUrl,
    config: task.config,
    model: modelAt(recorder.url),
    concurrency: 1,
    onPerformed: () => finished.resolve(),
  });
  const ours = await openOurTasks(redisUrl, task);
  await ours.submit();
  await finished.promise;
  await Promise.all([worker.close(), ours.close()]);
  recorder.close();
  if (recorder.bodies.length !== task.turns.length) {
    throw new Error(`one task asked ${recorder.bodies.length} times, not ${task.turns.length}`);
  }
  return recorder.bodies.map((body) => JSON.parse(body) as Anthropic.MessageCreateParamsStreaming);
}

async function bareLoop(
  baseURL: string,
  bodies: readonly Anthropic.MessageCreateParamsStreaming[],
  fetchWith: typeof fetch,
): Promise<number> {
  const client = new Anthropic({ apiKey: "simulator", baseURL, maxRetries: 0, fetch: fetchWith });
  const startedAtMs = performance.now();
  await inParallel(TASKS, CONCURRENCY, async () => {
    for (const body of bodies) {
      let stopped = false;
      for await (const event of await client.messages.create(body)) stopped ||= event.type === "message_stop";
      if (!stopped) throw new Error("the simulator's stream ended early");
    }
  });
  return (TASKS / (performance.now() - startedAtMs)) * 1000;
}
