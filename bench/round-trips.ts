/**
 * How often Redis is asked. `scripts_per_task`: our scripts from submit to finish of a task of six steps.
 * `round_trips_per_step`: what each further step costs, counted over everything that names the tenant's keys, as a
 * difference between a long task and a short one, so that submit and claim do not blur it. Seen by MONITOR.
 */
import { readTask } from "@pawl/store";
import { Redis } from "ioredis";
import { type Bench, type Benchmark, type Figure, figure } from "./benchmark.ts";
import { openOurTasks, TENANT } from "./load/our-tasks.ts";
import { startOurWorker } from "./load/our-worker.ts";
import { openPlainQueue, plainSteps } from "./load/plain-queue.ts";
import { scriptedModel } from "./load/scripted-model.ts";
import { type Workload, workload } from "./load/workload.ts";
import { monitor } from "./measure/monitor.ts";
import { until } from "./measure/until.ts";

const SHORT_STEPS = 6;
const LONG_STEPS = 46;

export const roundTrips: Benchmark = {
  name: "round_trips",
  figures: ["round_trips_per_step", "scripts_per_task"],
  policies: ["everysec"],
  limitS: 60,
  run,
};

async function run({ redisUrl }: Bench): Promise<Figure[]> {
  const short = await oursFor(redisUrl, workload(SHORT_STEPS, 1024));
  const long = await oursFor(redisUrl, workload(LONG_STEPS, 1024));
  const plainShort = await plainFor(redisUrl, workload(SHORT_STEPS, 1024));
  const plainLong = await plainFor(redisUrl, workload(LONG_STEPS, 1024));
  const further = LONG_STEPS - SHORT_STEPS;
  return [
    figure(
      {
        name: "round_trips_per_step",
        value: (long.commands - short.commands) / further,
        unit: "per step",
        reference: (plainLong.commands - plainShort.commands) / further,
        note: "a plain EVALSHA per step; every command that names a key or channel of the task, scripts' own excepted",
      },
      { atMost: 1 },
    ),
    figure(
      {
        name: "scripts_per_task",
        value: short.scripts,
        unit: "scripts",
        reference: plainShort.scripts,
        note: `a plain EVALSHA per step; other commands of ours for the task: ${short.commands - short.scripts}`,
      },
      { atMost: 10 },
    ),
  ];
}

type Asked = { scripts: number; commands: number };

async function oursFor(redisUrl: string, task: Workload): Promise<Asked> {
  const { config } = task;
  const worker = await startOurWorker({ redisUrl, config, model: scriptedModel(task), concurrency: 1 });
  const ours = await openOurTasks(redisUrl, task);
  const perform = async () => {
    const id = await ours.submit();
    const ended = async () => (await readTask(observer, TENANT, id))?.status === "completed";
    await until("the task's end", ended, { withinMs: 20_000 });
  };
  // Looks through a connection of its own, which is not counted.
  const watcher = await openOurTasks(redisUrl, task);
  const observer = watcher.store;
  // The first task loads the scripts.
  await perform();
  const asked = await countCommands(redisUrl, "pawl:{", await clientId(observer.redis), perform);
  await Promise.all([worker.close(), ours.close(), watcher.close()]);
  return asked;
}

async function plainFor(redisUrl: string, task: Workload): Promise<Asked> {
  const steps = plainSteps(redisUrl, task);
  let finished = Promise.withResolvers<void>();
  const queue = await openPlainQueue({
    redisUrl,
    name: "counted",
    concurrency: 1,
    process: async (id) => {
      await steps.perform(id);
      finished.resolve();
    },
  });
  const perform = async () => {
    finished = Promise.withResolvers<void>();
    await queue.submit();
    await finished.promise;
  };
  await perform();
  const asked = await countCommands(redisUrl, "{plain}:journal:", undefined, perform);
  await queue.close();
  steps.close();
  return asked;
}

async function clientId(redis: { client(command: "INFO"): Promise<unknown> }): Promise<string> {
  return /\baddr=(\S+)/.exec(String(await redis.client("INFO")))?.[1] ?? "";
}

/** Commands with an argument that holds `mark`, but for those that scripts make and those of `except`. */
async function countCommands(
  redisUrl: string,
  mark: string,
  except: string | undefined,
  perform: () => Promise<void>,
): Promise<Asked> {
  const asked: Asked = { scripts: 0, commands: 0 };
  const seenEnd = Promise.withResolvers<void>();
  const stop = await monitor(redisUrl, ({ name, source, text }) => {
    if (text.includes(END_OF_COUNT)) seenEnd.resolve();
    if (source === "lua" || source === except || !text.includes(mark) || isNoStep(name)) return;
    asked.commands += 1;
    if (name === "evalsha" || name === "fcall") asked.scripts += 1;
  });
  await perform();
  // What follows this in what Redis tells came after the task.
  const other = new Redis(redisUrl);
  await other.echo(END_OF_COUNT);
  await seenEnd.promise;
  stop();
  other.disconnect();
  return asked;
}

const END_OF_COUNT = "end-of-the-count";

/** The sweepers look at sets of the tenant from time to time; nobody waits for text in the making to be published. */
function isNoStep(command: string): boolean {
  return ["zrangebyscore", "zrange", "publish"].includes(command);
}
