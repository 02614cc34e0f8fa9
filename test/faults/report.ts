/** What a run says: the schedule before, a calm line now and then, a table at the end, and of a failure all one needs. */
import { readJournal, type Store } from "@pawl/store";
import { counted } from "../support/counted.ts";
import type { LogLine } from "../support/pawl-process.ts";
import type { Arena } from "./arena.ts";
import { type Breach, promises } from "./check-task.ts";
import { type FaultRunOptions, type Round, TENANT } from "./round.ts";
import { describeStrike, type Strike } from "./schedule.ts";

const MOST_BREACHES_TOLD = 6;
const MOST_JOURNALS_TOLD = 4;
const LOG_TAIL_LINES = 12;

export function describeSchedule(options: FaultRunOptions, schedule: readonly Strike[]): string {
  const { seed, seconds, workers, tasksPerSecond } = options;
  return [
    `Seed ${seed}: ${seconds} s, ${workers} workers, about ${tasksPerSecond} tasks a second. The schedule:`,
    ...schedule.filter(({ kind }) => kind !== "release-stalls").map(describeStrike),
  ].join("\n");
}

export function describeProgress({ arena, crowd, strikes }: Round): string {
  const accepted = crowd.callers.filter(({ ids }) => ids.size > 0).length;
  const up = arena.workers.map((worker) => (worker.isUp() ? "●" : "○")).join("");
  return [
    `${crowd.callers.length} asked for, ${accepted} accepted`,
    `${strikes.done.length} faults`,
    `workers ${up} api ${arena.api.isUp() ? "●" : "○"} redis ${arena.redis.isUp() ? "●" : "○"}`,
    `${arena.webhooks.received.length} webhooks`,
  ].join("  ");
}

export async function describeSummary(
  round: Round,
  store: Store,
  breaches: readonly Breach[],
): Promise<string> {
  const { arena, crowd, strikes } = round;
  const outcomes: string[] = [];
  let [crashes, handedBack, unconfirmed] = [0, 0, 0];
  for (const { ids } of crowd.callers) {
    for (const task of ids) {
      const events = await readJournal(store, TENANT, task);
      const last = events.at(-1);
      const reason = last !== undefined && "stop_reason" in last.data ? last.data.stop_reason : "?";
      outcomes.push(last === undefined ? "missing" : `${last.type.slice("task.".length)} ${reason}`);
      handedBack += events.filter(({ type }) => type === "task.handed_back").length;
      unconfirmed += events.filter(
        (event) => event.type === "tool.failed" && event.data.error.code === "outcome_unknown",
      ).length;
      crashes += events.filter(
        ({ type }, i) =>
          type === "task.started" && !/submitted|resumed|handed_back/.test(events[i - 1]?.type ?? ""),
      ).length;
    }
  }
  const members = [arena.api, ...arena.workers];
  const dropped = members.reduce((sum, { proxy }) => sum + proxy.droppedReplies(), 0);
  const modelFaults = crowd.callers.flatMap(({ plan }) => plan.modelFaults);
  return [
    counted(
      "Faults",
      strikes.done.map(({ kind }) => kind),
    ),
    counted("Planned failures of the model", modelFaults),
    counted("Tasks by outcome", outcomes),
    `Replies of Redis lost: ${dropped}. Tasks taken over in the middle: ${crashes}; handed back: ${handedBack}; ` +
      `writes of unknown outcome: ${unconfirmed}. Slowest end on SIGTERM: ` +
      `${Math.max(...members.map((each) => each.slowestEndMs()))} ms.`,
    ...Object.entries(promises).map(([name, promise]) => {
      const broken = breaches.filter((each) => each.promise === name).length;
      return `${broken === 0 ? "  holds " : `  BROKEN ${broken} ×`} ${promise}`;
    }),
  ].join("\n");
}

/** Everything needed to understand it without running it again. */
export async function describeFailure(
  round: Round,
  store: Store,
  breaches: readonly Breach[],
): Promise<string> {
  const { options, arena, strikes } = round;
  const tasks = [...new Set(breaches.map(({ task }) => task))].filter((task) => task !== "");
  const journals: string[] = [];
  for (const task of tasks.slice(0, MOST_JOURNALS_TOLD))
    journals.push(await describeTask(task, arena, store));
  return [
    `Seed ${options.seed} broke ${breaches.length} promises. What was struck until then:`,
    ...strikes.done.map(describeStrike),
    ...describeBreaches(breaches),
    ...journals,
    ...[arena.api, ...arena.workers].map(
      (each) =>
        `The end of ${each.name}'s log:\n${each.log().slice(-LOG_TAIL_LINES).map(shortLine).join("\n")}`,
    ),
    `Again: npm run test:faults -- --seed ${options.seed} --seconds ${options.seconds}`,
  ].join("\n");
}

/** A few of each promise: one fault breaks many, and the first says most. */
function describeBreaches(breaches: readonly Breach[]): string[] {
  return Object.entries(promises).flatMap(([name, promise]) => {
    const broken = breaches.filter((each) => each.promise === name);
    const told = broken.slice(0, MOST_BREACHES_TOLD).map(({ task, says }) => `✗ ${promise}: ${task} ${says}`);
    return broken.length > told.length ? [...told, `  … and ${broken.length - told.length} more`] : told;
  });
}

async function describeTask(task: string, arena: Arena, store: Store): Promise<string> {
  const events = await readJournal(store, TENANT, task);
  const firstAt = events[0]?.at ?? 0;
  const lines = events.map(({ seq, at, attempt, type, data }) => {
    const shown = Object.entries(data).filter(
      ([name]) => !/content|definition|limits|input$|metadata/.test(name),
    );
    const text = JSON.stringify(Object.fromEntries(type === "task.submitted" ? [] : shown));
    return `  ${String(seq).padStart(3)} +${at - firstAt} ms  attempt ${attempt}  ${type} ${text.slice(0, 240)}`;
  });
  const logged = [arena.api, ...arena.workers]
    .flatMap((each) => each.log().map((line) => ({ name: each.name, line })))
    .filter(({ line }) => line.task === task)
    .sort((a, b) => String(a.line.time).localeCompare(String(b.line.time)))
    .slice(-20)
    .map(({ name, line }) => `  ${name}: ${shortLine(line)}`);
  return [
    `The journal of ${task}, submitted ${new Date(firstAt).toISOString()}:`,
    ...lines,
    "What the logs say of it:",
    ...logged,
  ].join("\n");
}

function shortLine(line: LogLine): string {
  return JSON.stringify(line).slice(0, 400);
}
