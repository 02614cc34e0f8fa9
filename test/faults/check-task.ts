/**
 * What Pawl promises of one task, held against its journal and the witnesses. Pure: evidence in, what is wrong with
 * it out, each under the number of its promise.
 */
import { type Event, foldTask, spentNanoUsd } from "@pawl/protocol";
import type { Act } from "./acts.ts";
import type { Followed } from "./follower.ts";
import type { Exchange } from "./ledger.ts";
import type { Received } from "./webhook-witness.ts";

export const promises = {
  terminal: "1 every accepted task ends, none is missing",
  writes: "2 no write happens twice",
  replies: "3 no recorded reply is bought twice",
  webhooks: "4 a webhook for every ending that was to be told",
  leftovers: "5 nothing is left over",
  money: "6 what was spent is what was billed",
  head: "7 head and journal tell the same",
  unknown: "7 a write of unknown outcome is told, not repeated",
  answers: "8 every answer and every stream was right",
} as const;
export type PromiseName = keyof typeof promises;
export type Breach = { promise: PromiseName; task: string; says: string };

export type TaskEvidence = {
  task: string;
  events: readonly Event[];
  acts: readonly Act[];
  exchanges: readonly Exchange[];
  webhooks: readonly Received[];
  wantsWebhook: boolean;
  /** The caller was told that it is cancelled. */
  cancelled: boolean;
  followed: Followed | undefined;
};

export function checkTask(evidence: TaskEvidence): Breach[] {
  const { task } = evidence;
  const found: [PromiseName, string[]][] = [
    ["terminal", checkEnd(evidence)],
    ["writes", checkWrites(evidence)],
    ["replies", checkReplies(evidence)],
    ["webhooks", checkWebhooks(evidence)],
    ["money", checkMoney(evidence)],
    ["unknown", checkUnknown(evidence)],
    ["answers", checkFollowed(evidence)],
  ];
  return found.flatMap(([promise, faults]) => faults.map((says) => ({ promise, task, says })));
}

const endings = new Set<string>(["task.completed", "task.stopped", "task.failed", "task.cancelled"]);

function checkEnd({ events, cancelled }: TaskEvidence): string[] {
  const last = events.at(-1)?.type;
  if (last === undefined) return ["it was accepted and is not there"];
  if (!endings.has(last)) return [`its journal ends with ${last}`];
  if (cancelled && last !== "task.cancelled") return [`its cancel was confirmed, but it ends with ${last}`];
  return [];
}

function checkWrites({ events, acts, task }: TaskEvidence): string[] {
  const faults: string[] = [];
  const started = new Set(
    keyedCalls(task, events).flatMap(({ key, event }) => (event.type === "tool.started" ? [key] : [])),
  );
  for (const [key, done] of grouped(acts, (each) => each.key)) {
    const tool = done[0]?.tool;
    if (!started.has(key)) faults.push(`${tool} acted as ${key}, which the journal does not know`);
    if (tool === "send" && done.length > 1) faults.push(`write ${key} acted ${done.length} times`);
  }
  return faults;
}

/**
 * Each exchange had its hold, and for one turn no more were had than were asked for before its reply was recorded.
 * A reply carries the start of its request's hash in its id.
 */
function checkReplies({ events, exchanges }: TaskEvidence): string[] {
  const faults: string[] = [];
  const calls = new Set<string>();
  let [requested, inAll] = [0, 0];
  for (const event of events) {
    if (event.type === "model.requested") [requested, inAll] = [requested + 1, inAll + 1];
    if (event.type !== "model.responded") continue;
    const { call, message_id, cost_nano_usd } = event.data;
    if (calls.has(call)) faults.push(`${call} was answered twice`);
    calls.add(call);
    const hash = message_id.split("_").at(-1) ?? "";
    const had = exchanges.filter(({ request_hash }) => request_hash?.startsWith(hash));
    if (had.length > requested)
      faults.push(`${call} was asked ${had.length} times, ${requested} are recorded`);
    if (!had.some((each) => each.outcome === "completed" && each.billed_nano_usd === cost_nano_usd))
      faults.push(`${call} cost ${cost_nano_usd}, which no completed exchange was billed`);
    requested = 0;
  }
  if (exchanges.length > inAll) faults.push(`${exchanges.length} exchanges were had, ${inAll} are recorded`);
  return faults;
}

function checkWebhooks({ events, webhooks, wantsWebhook }: TaskEvidence): string[] {
  if (!wantsWebhook) return webhooks.length > 0 ? ["a webhook came that nobody asked for"] : [];
  const faults: string[] = [];
  const owed = events.filter(({ type }) => endings.has(type)).map(({ type }) => type);
  const told: string[] = [];
  for (const [id, tries] of grouped(webhooks, ({ id }) => id)) {
    const first = tries[0];
    if (first === undefined) continue;
    told.push(first.type);
    if (first.type !== `task.${first.status}`)
      faults.push(`${id} says ${first.type} of a task ${first.status}`);
    if (tries.some(({ body }) => body !== first.body)) faults.push(`${id} was not the same on every try`);
  }
  if (String(told.sort()) !== String([...owed].sort()))
    faults.push(`its endings were ${owed.join(", ") || "none"}, it told ${told.join(", ") || "nothing"}`);
  return faults;
}

function checkMoney({ events, exchanges }: TaskEvidence): string[] {
  if (events.length === 0) return [];
  const state = foldTask(events);
  const spent = spentNanoUsd(state);
  const confirmed = spent - state.unconfirmedNanoUsd;
  const billed = exchanges.reduce((sum, { billed_nano_usd }) => sum + billed_nano_usd, 0);
  const faults: string[] = [];
  if (confirmed > billed) faults.push(`${confirmed} n$ are confirmed, ${billed} were billed`);
  const held = [...state.openHolds.values()].reduce((sum, { held_nano_usd }) => sum + held_nano_usd, 0);
  if (spent + held < billed) faults.push(`${spent} n$ are spent, ${billed} were billed`);
  if (spent > state.limits.max_cost_nano_usd)
    faults.push(`${spent} n$ are spent of ${state.limits.max_cost_nano_usd}`);
  return faults;
}

function checkUnknown({ events, acts, task }: TaskEvidence): string[] {
  const faults: string[] = [];
  const open = new Set<string>();
  const answered = new Set<string>();
  for (const { key, event } of keyedCalls(task, events)) {
    if (event.type === "tool.started") open.add(key);
    if (event.type === "model.requested" && open.size > 0)
      faults.push(`the model was asked while ${[...open].join(", ")} had no answer`);
    if (event.type !== "tool.completed" && event.type !== "tool.failed") continue;
    if (answered.has(key)) faults.push(`${key} was answered twice`);
    answered.add(key);
    open.delete(key);
    if (event.data.tool !== "send") continue;
    const done = acts.filter((act) => act.key === key).length;
    const told = event.type === "tool.completed" ? "done" : event.data.error.code;
    if (told === "done" && done !== 1) faults.push(`${key} is done and acted ${done} times`);
    if (told !== "done" && told !== "outcome_unknown" && done > 0)
      faults.push(`${key} acted, and the model was told ${told}`);
  }
  return faults;
}

/** Ids of calls are the provider's and may repeat: a call is the reply it stands in, and its id. */
function keyedCalls(task: string, events: readonly Event[]): { key: string; event: Event }[] {
  let reply = "";
  return events.map((event) => {
    if (event.type === "model.responded") reply = event.data.call;
    const isCall =
      event.type === "tool.started" || event.type === "tool.completed" || event.type === "tool.failed";
    return { key: isCall ? `${task}.${reply}.${event.data.call}` : "", event };
  });
}

/** Each event once and in order, up to an ending. */
function checkFollowed({ events, followed }: TaskEvidence): string[] {
  if (followed === undefined) return [];
  const faults = followed.seen.flatMap(({ seq, type }, i) =>
    seq === i + 1 && events[i]?.type === type ? [] : [`its follower saw ${type} as ${seq} at place ${i + 1}`],
  );
  if (!endings.has(followed.seen.at(-1)?.type ?? "")) faults.push("its follower never saw an end");
  return faults.slice(0, 3);
}

function grouped<Item>(items: readonly Item[], by: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(by(item), [...(groups.get(by(item)) ?? []), item]);
  return groups;
}
