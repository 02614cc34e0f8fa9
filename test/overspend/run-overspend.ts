/**
 * One run of the proof: limits are set at several scopes, many tasks spend at once against a model that bills the
 * worst it may, processes die in the middle; then all comes to rest and the witnesses are heard.
 */
import { key, openStore, parseRedisAddress, readJournal, type Store } from "@pawl/store";
import { unrest } from "../faults/check-leftovers.ts";
import { inFlight } from "../faults/ledger.ts";
import { randomFrom } from "../faults/random.ts";
import { sleep, TENANT } from "../faults/round.ts";
import { billedSoFar, readBills } from "./bills.ts";
import { type Breach, checkMoney, type Evidence } from "./check-money.ts";
import { newPayer, type Payer, type Submitted } from "./payer.ts";
import { describePlan, describeRun } from "./report.ts";
import {
  type Blow,
  planSpending,
  type SharedLimit,
  type SpendingPlan,
  type SpendingTask,
} from "./spending-plan.ts";
import { openStage, type Stage } from "./stage.ts";

export type OverspendOptions = {
  seed: number;
  tasks: number;
  workers: number;
  kills: number;
  say: (line: string) => void;
  /** Ends the run before its time. */
  signal: AbortSignal;
};

export type OverspendRun = { breaches: Breach[]; evidence: Evidence; summary: string };

const LOOK_MS = 50;
const SUBMITTED_AT_ONCE = 16;
/** Nothing has moved for longer than anything waits that is still going to happen. */
const STUCK_MS = 45_000;

export async function runOverspend(options: OverspendOptions): Promise<OverspendRun> {
  const { seed, say, signal, workers } = options;
  const plan = planSpending(randomFrom(seed), { ...options, nowMs: Date.now() });
  say(describePlan(options, plan));
  const stage = await openStage({ workers, scenario: plan.scenario, signal });
  const over = new AbortController();
  let store: Store | undefined;
  try {
    const payer = newPayer({ apiUrl: stage.apiUrl, signal });
    for (const limit of plan.limits) await payer.setLimit(limit);
    const startedAtMs = performance.now();
    const blows = strike(plan, stage, AbortSignal.any([signal, over.signal]));
    blows.ended.catch(() => {});
    const submitted = await submitAll(payer, plan.tasks);
    store = await openStore({ address: parseRedisAddress(stage.redis.url), failFast: false });
    let unfinished = await comeToRest(stage, store, signal);
    over.abort();
    await blows.ended;
    await stage.heal();
    submitted.push(...(await submitAll(payer, plan.lateTasks)));
    unfinished ||= await comeToRest(stage, store, signal);
    const evidence = await hear({ plan, payer, stage, store, submitted, unfinished });
    const breaches = checkMoney(evidence);
    const tookMs = performance.now() - startedAtMs;
    return { breaches, evidence, summary: describeRun({ evidence, breaches, blows: blows.done, tookMs }) };
  } finally {
    over.abort();
    await store?.close();
    await stage.close();
  }
}

/** A few at a time: what is tried is the ledger, not the api's backlog. */
async function submitAll(payer: Payer, tasks: readonly SpendingTask[]): Promise<Submitted[]> {
  const waiting = [...tasks];
  const submitted: Submitted[] = [];
  const submitRest = async () => {
    for (let task = waiting.pop(); task !== undefined; task = waiting.pop())
      submitted.push(await payer.submit(task));
  };
  await Promise.all(Array.from({ length: SUBMITTED_AT_ONCE }, submitRest));
  return submitted;
}

/** Each blow falls once so much of the tightest limit is billed; what has not fallen when it is over never does. */
function strike(
  plan: SpendingPlan,
  stage: Stage,
  signal: AbortSignal,
): { ended: Promise<void>; done: Blow[] } {
  const done: Blow[] = [];
  const tightest = tightestOf(plan.limits);
  const fall = async () => {
    const underWay: Promise<void>[] = [];
    for (const blow of plan.blows) {
      while (!signal.aborted && (await shareBilled(stage, tightest)) < blow.atShare)
        await sleep(LOOK_MS, signal).catch(() => {});
      if (signal.aborted) break;
      done.push(blow);
      underWay.push(
        blow.kind === "kill-redis"
          ? stage.redis.kill(blow.downMs)
          : (stage.workers[blow.worker]?.strike("SIGKILL", blow.downMs) ?? Promise.resolve()),
      );
    }
    await Promise.all(underWay);
  };
  return { ended: fall(), done };
}

export function tightestOf(limits: readonly SharedLimit[]): SharedLimit {
  const [first, ...rest] = limits.filter(({ scope }) => scope !== "session");
  if (first === undefined) throw new RangeError("there is no limit to reach");
  return rest.reduce((least, limit) => (limit.limitNanoUsd < least.limitNanoUsd ? limit : least), first);
}

async function shareBilled(stage: Stage, { marker, limitNanoUsd }: SharedLimit): Promise<number> {
  return (await billedSoFar(stage.simulator.url, marker)) / limitNanoUsd;
}

/** '': nothing is under way any more. Else what it was still at when nothing had moved for long. */
async function comeToRest(stage: Stage, store: Store, signal: AbortSignal): Promise<string> {
  let [before, changedAtMs] = ["", performance.now()];
  for (;;) {
    const waits = await unrest(store);
    if (waits.length === 0 && (await inFlight(stage.simulator.url)) === 0) return "";
    const now = `${waits.join("; ")} after ${await billedSoFar(stage.simulator.url, "")} n$`;
    if (now !== before) [before, changedAtMs] = [now, performance.now()];
    if (performance.now() - changedAtMs > STUCK_MS) return now;
    await sleep(LOOK_MS * 2, signal);
  }
}

async function hear(run: {
  plan: SpendingPlan;
  payer: Payer;
  stage: Stage;
  store: Store;
  submitted: readonly Submitted[];
  unfinished: string;
}): Promise<Evidence> {
  const { plan, payer, stage, store, submitted, unfinished } = run;
  const limits: Evidence["limits"][number][] = [];
  for (const limit of plan.limits) limits.push({ ...limit, account: await payer.readAccount(limit) });
  const tasks: Evidence["tasks"][number][] = [];
  for (const each of submitted)
    if (each.kind === "accepted")
      tasks.push({ task: each.task, id: each.id, events: await readJournal(store, TENANT, each.id) });
  return {
    limits,
    tasks,
    refusals: submitted.flatMap((each) => (each.kind === "refused" ? [each] : [])),
    bills: await readBills(stage.simulator.url),
    holds: await openHolds(store),
    unfinished,
  };
}

/** What the heads of tasks still keep as held; an account's share of it is asked of the api. */
async function openHolds({ redis }: Store): Promise<string[]> {
  const found: string[] = [];
  for (const name of await redis.keys(`${key(TENANT, "head")}*`)) {
    const held = await redis.hmget(name, "held", "holds", "reserve");
    const open = held.filter((value) => value !== null && value !== "" && value !== "0");
    if (open.length > 0) found.push(`${name} holds ${open.join(", ")}`);
  }
  return found;
}
