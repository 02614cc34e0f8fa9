/** Calls signal.lua: cancel, alarms, answers from people, late usage reports, rechecks of who waits for money. */
import type { EventData, NewEvent, TokenUsage } from "@pawl/protocol";
import { tenantBase } from "./keys.ts";
import type { OwedLeg } from "./queue.ts";
import { legsAt, numberAt, replyList, textAt, unknownVerdict } from "./reply.ts";
import { runScript, type ScriptArgument } from "./scripts.ts";
import type { Store } from "./store.ts";
import { tokensText } from "./usage-feed.ts";

export type SignalOutcome =
  | { kind: "done"; seq: number; legs: OwedLeg[] }
  /** This request was carried out before. */
  | { kind: "replayed" }
  | { kind: "refused"; status: string; stopReason: string }
  | { kind: "unknown" };

/** The task is cancelled at once, whatever its worker is doing. Refused in a terminal state. */
export function cancelTask(
  store: Store,
  { tenant, task, deliveryId }: { tenant: string; task: string; deliveryId: string },
): Promise<SignalOutcome> {
  const event: NewEvent = { type: "task.cancelled", data: { stop_reason: "cancelled" } };
  return signal(store, tenant, [
    task,
    "",
    "cancel",
    store.codec.encode(event),
    deliveryId,
    store.retentionMs,
  ]);
}

const wakeReasons: Record<string, EventData<"task.resumed">["because"]> = {
  retry: "retry",
  timer: "timer",
  capacity: "capacity",
};

/** Rings a task's alarm: wakes it if its time has come, stops it if its deadline has passed, else refuses. */
export function ringAlarm(
  store: Store,
  {
    tenant,
    task,
    waitingFor,
    deliveryId,
  }: { tenant: string; task: string; waitingFor: string; deliveryId: string },
): Promise<SignalOutcome> {
  const woken: NewEvent = { type: "task.resumed", data: { because: wakeReasons[waitingFor] ?? "timer" } };
  const overdue: NewEvent = {
    type: "task.stopped",
    data: {
      stop_reason: "deadline",
      message: "The time allowed for this task ran out before it was finished.",
    },
  };
  return signal(store, tenant, [
    task,
    "",
    "alarm",
    store.codec.encode(woken),
    store.codec.encode(overdue),
    deliveryId,
    store.retentionMs,
  ]);
}

/** Wakes a task that waits for exactly that: an answer from somebody. Idempotent by `requestId`. */
export function wakeTask(
  store: Store,
  wake: { tenant: string; task: string; requestId: string; waitingFor: string; event: NewEvent },
): Promise<SignalOutcome> {
  return signal(store, wake.tenant, [
    wake.task,
    wake.requestId,
    "wake",
    wake.waitingFor,
    store.codec.encode(wake.event),
  ]);
}

/** A reply that came after its call was charged at its worst case: lowers the charge, once. */
export function reportLateUsage(
  store: Store,
  report: {
    tenant: string;
    task: string;
    epoch: string;
    call: string;
    usage: TokenUsage;
    costNanoUsd: number;
  },
): Promise<SignalOutcome> {
  const { call, usage, costNanoUsd } = report;
  const event: NewEvent = { type: "usage.confirmed", data: { call, usage, cost_nano_usd: costNanoUsd } };
  return signal(store, report.tenant, [
    report.task,
    "",
    "usage",
    `${report.epoch}:${call}`,
    costNanoUsd,
    tokensText(usage),
    store.codec.encode(event),
  ]);
}

/** A leg without a job in the queue is owed again, under a new number; refused where the task has moved on. */
export function reviveLeg(
  store: Store,
  { tenant, task, leg }: { tenant: string; task: string; leg: number },
): Promise<SignalOutcome> {
  const event: NewEvent = { type: "task.resumed", data: { because: "vanished" } };
  return signal(store, tenant, [task, "", "vanished", leg, store.codec.encode(event)]);
}

/** The worker of a start that others took for crashed says that it lives: it had lost its lease, no more. */
export function reportAlive(
  store: Store,
  { tenant, task, startSeq, worker }: { tenant: string; task: string; startSeq: number; worker: string },
): Promise<SignalOutcome> {
  const event: NewEvent = { type: "lease.lost", data: { worker, start_seq: startSeq } };
  return signal(store, tenant, [task, "", "alive", startSeq, store.codec.encode(event)]);
}

/** Gives free seats to those who wait for one: after a cap was raised, or where a crash left one empty. */
export async function admitWaiting(store: Store, tenant: string): Promise<OwedLeg[]> {
  const outcome = await signal(store, tenant, ["", "", "admit"]);
  return outcome.kind === "done" ? outcome.legs : [];
}

/** Wakes those for whom an account's money is free by now, or will never be. */
export async function recheckLine(store: Store, tenant: string, accountKey: string): Promise<OwedLeg[]> {
  const outcome = await signal(store, tenant, ["", "", "line", accountKey]);
  return outcome.kind === "done" ? outcome.legs : [];
}

async function signal(store: Store, tenant: string, argv: readonly ScriptArgument[]): Promise<SignalOutcome> {
  const reply = replyList(await runScript(store.redis, store.scripts.signal, tenantBase(tenant), argv));
  const verdict = textAt(reply, 0);
  switch (verdict) {
    case "OK":
      return { kind: "done", seq: numberAt(reply, 1), legs: legsAt(reply, 2) };
    case "REPLAY":
      return { kind: "replayed" };
    case "REFUSED":
      return { kind: "refused", status: textAt(reply, 1), stopReason: textAt(reply, 2) };
    case "UNKNOWN":
      return { kind: "unknown" };
    default:
      return unknownVerdict("signal", verdict);
  }
}
