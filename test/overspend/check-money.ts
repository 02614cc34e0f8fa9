/**
 * What Pawl promises about money, held against the simulator's ledger, the journals and the accounts as the api shows
 * them. Pure: evidence in, what is wrong with it out, each under the number of its promise.
 */
import { applyEvent, type Event, foldTask, spentNanoUsd, type TaskState } from "@pawl/protocol";
import type { Bill } from "./bills.ts";
import type { AccountReading } from "./payer.ts";
import { LEAST_CALLS_PER_LIMIT, type SharedLimit, type SpendingTask } from "./spending-plan.ts";

export const promises = {
  limits: "1 the bill never exceeds a limit, at no moment",
  use: "2 at least 90 % was used before anything was refused or stopped for it",
  terminal: "3 every task comes to an end",
  exact: "4 what is recorded as spent is what was billed, to the nano-dollar",
  accounts: "5 an account holds nothing, and has spent what its tasks have",
  holds: "6 no hold outlives its task",
  tight: "7 the limits are wide enough to prove it",
} as const;
export type PromiseName = keyof typeof promises;
export type Breach = { promise: PromiseName; where: string; says: string };

export type TaskEvidence = { task: SpendingTask; id: string; events: readonly Event[] };
/** A task that was refused at submit. */
export type Refusal = { task: SpendingTask; atMs: number };

export type Evidence = {
  limits: readonly (SharedLimit & { account: AccountReading })[];
  tasks: readonly TaskEvidence[];
  refusals: readonly Refusal[];
  bills: readonly Bill[];
  /** Names of holds that are still in Redis. */
  holds: readonly string[];
  /** What Pawl was still at when it should have been at rest. */
  unfinished: string;
};

export const LEAST_USE = 0.9;
const endings = new Set<string>(["task.completed", "task.stopped", "task.failed", "task.cancelled"]);

export function checkMoney(evidence: Evidence): Breach[] {
  const { limits, tasks, bills, holds, unfinished } = evidence;
  const found: Breach[] = [];
  const breach = (promise: PromiseName, where: string, faults: readonly string[]) => {
    for (const says of faults) found.push({ promise, where, says });
  };
  for (const limit of limits) {
    const billed = billsOf(bills, limit.marker);
    breach("limits", nameOf(limit), overLimit(billed, limit.limitNanoUsd));
    breach("accounts", nameOf(limit), checkAccount(limit, evidence));
    breach("tight", nameOf(limit), tooTight(limit, tasks));
  }
  for (const each of tasks) {
    const billed = billsOf(bills, each.task.marker);
    breach("limits", each.id, overLimit(billed, each.task.ownLimitNanoUsd));
    breach("terminal", each.id, checkEnd(each.events));
    if (each.events.length > 0) breach("exact", each.id, checkExact(each.events, billed));
  }
  for (const { where, atMs, use } of refusalsOf(evidence))
    if (use < LEAST_USE)
      breach("use", where, [
        `was refused or stopped at ${new Date(atMs).toISOString()} with ${percent(use)} used`,
      ]);
  breach("terminal", "", unfinished === "" ? [] : [unfinished]);
  breach("holds", "", holds);
  return found;
}

export type Use = { where: string; atMs: number; use: number };

/** Each task that a shared limit refused or stopped, and how much of the fullest one it pays from was used then. */
export function refusalsOf({ limits, tasks, refusals }: Evidence): Use[] {
  const spendings = tasks.map(({ task, events }) => ({ task, spent: spendingOf(events) }));
  const useFor = (payer: SpendingTask, atMs: number) =>
    Math.max(
      0,
      ...limits
        .filter((limit) => paysFrom(payer, limit))
        .map((limit) => {
          const spent = spendings
            .filter(({ task }) => paysFrom(task, limit))
            .reduce((sum, { spent }) => sum + spentAt(spent, atMs), 0);
          return spent / limit.limitNanoUsd;
        }),
    );
  const stopped = tasks.flatMap(({ task, id, events }) => {
    const stop = events.find(
      ({ type, data }) =>
        type === "task.stopped" && "stop_reason" in data && data.stop_reason === "budget_reached",
    );
    // What its own small limit stopped is no matter of the others.
    return stop === undefined || task.hasSmallLimit ? [] : [{ where: id, atMs: stop.at, task }];
  });
  const refused = refusals.map(({ task, atMs }) => ({ where: `submit ${task.marker}`, atMs, task }));
  return [...stopped, ...refused].map(({ where, atMs, task }) => ({ where, atMs, use: useFor(task, atMs) }));
}

export function billsOf(bills: readonly Bill[], marker: string): Bill[] {
  return bills.filter(({ prompt_head }) => prompt_head.includes(marker));
}

/** The largest sum that had come due at any moment. */
export function mostBilled(bills: readonly Bill[]): { nanoUsd: number; atMs: number } {
  const inTime = [...bills].sort((a, b) => a.answered_at_ms - b.answered_at_ms);
  let [sum, most, atMs] = [0, 0, 0];
  for (const { billed_nano_usd, answered_at_ms } of inTime) {
    sum += billed_nano_usd;
    if (sum > most) [most, atMs] = [sum, answered_at_ms];
  }
  return { nanoUsd: most, atMs };
}

export function nameOf({ scope, id, window }: SharedLimit): string {
  return `${scope} ${id} (${window})`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** The dearest call that was held for: what the limits are measured by. */
export function dearestCall(tasks: readonly TaskEvidence[]): number {
  return Math.max(
    0,
    ...tasks.flatMap(({ events }) =>
      events.map((event) => (event.type === "model.requested" ? event.data.held_nano_usd : 0)),
    ),
  );
}

function overLimit(bills: readonly Bill[], limitNanoUsd: number): string[] {
  const { nanoUsd, atMs } = mostBilled(bills);
  if (nanoUsd <= limitNanoUsd) return [];
  return [`${nanoUsd} n$ were billed of ${limitNanoUsd} (at ${new Date(atMs).toISOString()})`];
}

function tooTight(limit: SharedLimit, tasks: readonly TaskEvidence[]): string[] {
  const dearest = dearestCall(tasks);
  return limit.limitNanoUsd >= LEAST_CALLS_PER_LIMIT * dearest
    ? []
    : [`${limit.limitNanoUsd} n$ are less than ${LEAST_CALLS_PER_LIMIT} × ${dearest}`];
}

function checkEnd(events: readonly Event[]): string[] {
  const last = events.at(-1)?.type;
  if (last === undefined) return ["it was accepted and is not there"];
  return endings.has(last) ? [] : [`its journal ends with ${last}`];
}

/** Each recorded reply cost what its exchange was billed; what is not confirmed covers the rest of the bill. */
function checkExact(events: readonly Event[], bills: readonly Bill[]): string[] {
  const faults: string[] = [];
  const state = foldTask(events);
  const byMessage = new Map(bills.map((bill) => [bill.message_id, bill]));
  let recorded = 0;
  for (const event of events) {
    if (event.type !== "model.responded") continue;
    const bill = byMessage.get(event.data.message_id);
    recorded += bill?.billed_nano_usd ?? 0;
    if (bill?.billed_nano_usd !== event.data.cost_nano_usd)
      faults.push(
        `${event.data.call} cost ${event.data.cost_nano_usd}, billed were ${bill?.billed_nano_usd}`,
      );
  }
  const spent = spentNanoUsd(state);
  const billed = bills.reduce((sum, { billed_nano_usd }) => sum + billed_nano_usd, 0);
  if (spent - state.unconfirmedNanoUsd !== recorded)
    faults.push(`${spent - state.unconfirmedNanoUsd} n$ are confirmed, ${recorded} were billed for them`);
  if (billed - recorded > state.unconfirmedNanoUsd)
    faults.push(`${billed - recorded} n$ more were billed, ${state.unconfirmedNanoUsd} are unconfirmed`);
  return faults;
}

function checkAccount(limit: SharedLimit & { account: AccountReading }, evidence: Evidence): string[] {
  const { account, limitNanoUsd } = limit;
  const states = evidence.tasks
    .filter(({ task, events }) => events.length > 0 && paysFrom(task, limit))
    .map(({ events }) => foldTask(events));
  const spent = states.reduce((sum, state) => sum + spentNanoUsd(state), 0);
  const billed = mostBilled(billsOf(evidence.bills, limit.marker)).nanoUsd;
  const faults: string[] = [];
  if (account.heldNanoUsd !== 0) faults.push(`${account.heldNanoUsd} n$ are still held`);
  if (account.limitNanoUsd !== limitNanoUsd) faults.push(`its limit is said to be ${account.limitNanoUsd}`);
  if (account.spentNanoUsd !== spent)
    faults.push(`it says ${account.spentNanoUsd} n$ are spent, its tasks say ${spent}`);
  if (account.spentNanoUsd < billed)
    faults.push(`it says ${account.spentNanoUsd} n$ are spent, ${billed} were billed`);
  if (account.spentNanoUsd > limitNanoUsd)
    faults.push(`${account.spentNanoUsd} n$ are spent of ${limitNanoUsd}`);
  return faults;
}

function paysFrom(task: SpendingTask, { marker }: SharedLimit): boolean {
  return String(task.body.input).includes(marker);
}

/** What the task had spent from each moment on at which that changed. */
function spendingOf(events: readonly Event[]): { atMs: number; nanoUsd: number }[] {
  const [first, ...rest] = events;
  if (first === undefined) return [];
  const state: TaskState = foldTask([first]);
  const spending: { atMs: number; nanoUsd: number }[] = [];
  for (const event of rest) {
    applyEvent(state, event);
    const nanoUsd = spentNanoUsd(state);
    if (nanoUsd !== (spending.at(-1)?.nanoUsd ?? 0)) spending.push({ atMs: event.at, nanoUsd });
  }
  return spending;
}

function spentAt(spending: readonly { atMs: number; nanoUsd: number }[], atMs: number): number {
  return spending.findLast((each) => each.atMs <= atMs)?.nanoUsd ?? 0;
}
