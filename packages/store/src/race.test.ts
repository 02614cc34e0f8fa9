/** Cancel, deadline and resume against completion, ten thousand times: exactly one wins, and both truths agree. */
import { foldTask, type NewEvent } from "@pawl/protocol";
import { expect, it } from "vitest";
import { type ClaimedTask, claimAgain, holding } from "../../../test/support/claimed.ts";
import { headAndFold } from "../../../test/support/head-and-fold.ts";
import { ownStore, submitted, terms } from "../../../test/support/store.ts";
import { cancelTask, key, readJournal, resumeTask, ringAlarm } from "./index.ts";

const ROUNDS = 10_000;
const AT_A_TIME = 100;
const store = await ownStore();
const tenant = "racer";
const terminal = new Set(["task.completed", "task.stopped", "task.failed", "task.cancelled"]);

const completed: NewEvent = { type: "task.completed", data: { stop_reason: "end_turn" } };

/** Runs `race` on fresh tasks, many at a time, and returns how often each outcome came. */
async function races(rounds: number, race: (task: string, step: StepFn) => Promise<string>) {
  const outcomes = new Map<string, number>();
  let left = rounds;
  const lane = async () => {
    while (left-- > 0) {
      const task = await submitted(store, {}, tenant);
      const { step } = await claimAgain(store, { tenant, task, leg: 1 });
      const outcome = await race(task, step);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      await expectOneEnd(task);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  return outcomes;
}
type StepFn = ClaimedTask["step"];

async function expectOneEnd(task: string): Promise<void> {
  const { head, fold } = await headAndFold(store, tenant, task);
  expect(head).toEqual(fold);
  const journal = await readJournal(store, tenant, task);
  const ends = journal.filter(({ type }) => terminal.has(type)).length;
  const resumes = journal.filter(({ type }) => type === "task.resumed").length;
  expect(ends - resumes).toBe(terminal.has(journal.at(-1)?.type ?? "") ? 1 : 0);
}

const complete = (step: StepFn, n: number) =>
  step(n, {
    facts: [completed],
    transition: { to: "completed", stopReason: "end_turn", deliveryId: "dlv_a" },
  });

it("cancel against completion: one of them, never both, never none", async () => {
  const outcomes = await races(ROUNDS / 2, async (task, step) => {
    await step(1, { next: holding(terms(), "m1", 70) });
    // Either may be sent first.
    const asks = [() => cancelTask(store, { tenant, task, deliveryId: "dlv_b" }), () => complete(step, 2)];
    const [a, b] = await Promise.all((Math.random() < 0.5 ? asks : asks.reverse()).map((ask) => ask()));
    expect([a, b].filter((outcome) => outcome?.kind === "done")).toHaveLength(1);
    expect(await store.redis.hget(key(tenant, "head", task), "money")).toMatch(/^\d+ 0 0$/);
    return foldTask(await readJournal(store, tenant, task)).status;
  });
  expect([...outcomes.keys()].sort()).toEqual(["cancelled", "completed"]);
}, 120_000);

it("the deadline against completion, a hand-back and a cancel: one of them", async () => {
  const outcomes = await races(ROUNDS / 4, async (task, step) => {
    await store.redis.hset(key(tenant, "head", task), "deadline_at", "1");
    const asks = [
      () => ringAlarm(store, { tenant, task, waitingFor: "", deliveryId: "dlv_c" }),
      () => complete(step, 1),
      () => cancelTask(store, { tenant, task, deliveryId: "dlv_d" }),
    ].sort(() => Math.random() - 0.5);
    const results = await Promise.all(asks.map((ask) => ask()));
    expect(results.filter((outcome) => outcome.kind === "done")).toHaveLength(1);
    return foldTask(await readJournal(store, tenant, task)).status;
  });
  expect([...outcomes.keys()].sort()).toEqual(["cancelled", "completed", "stopped"]);
}, 120_000);

it("two resumes of a stopped task, and a cancel: one leg, then at most one end", async () => {
  const outcomes = await races(ROUNDS / 4, async (task, step) => {
    const facts: NewEvent[] = [
      { type: "task.stopped", data: { stop_reason: "loop_detected", message: "loop" } },
    ];
    await step(1, { facts, transition: { to: "stopped", stopReason: "loop_detected", deliveryId: "dlv_e" } });
    const resume = (requestId: string) =>
      resumeTask(store, { tenant, task, requestId, seq: 3, timeoutMs: 3_600_000 });
    const cancel = () => cancelTask(store, { tenant, task, deliveryId: "dlv_f" });
    const early = Math.random() < 0.5 ? cancel() : undefined;
    const [a, b] = await Promise.all([resume("a"), resume("b")]);
    const cancelled = await (early ?? cancel());
    expect([a, b].filter(({ kind }) => kind === "resumed")).toHaveLength(1);
    // A stopped task refuses a cancel; a resumed one does not.
    const { status } = foldTask(await readJournal(store, tenant, task));
    expect(status).toBe(cancelled.kind === "done" ? "cancelled" : "queued");
    return cancelled.kind;
  });
  expect([...outcomes.keys()].sort()).toEqual(["done", "refused"]);
}, 120_000);
