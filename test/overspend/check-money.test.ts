/** The proof can fail: each promise is broken on purpose, and seen to be. */
import type { Event, NewEvent } from "@pawl/protocol";
import { expect, it } from "vitest";
import { submission } from "../support/submission.ts";
import type { Bill } from "./bills.ts";
import { checkMoney, type Evidence, mostBilled, refusalsOf } from "./check-money.ts";
import type { SpendingTask } from "./spending-plan.ts";

const CALL = 40;
const usage = { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 };

function task(marker: string, more: Partial<SpendingTask> = {}): SpendingTask {
  const body = { input: `${marker} U-ann. Spend.` };
  return { marker, body, ownLimitNanoUsd: 100_000, hasSmallLimit: false, ...more };
}

/** A journal of so many answered calls, one event a millisecond, and its end. */
function journal(marker: string, calls: number, end: NewEvent): Event[] {
  const events: NewEvent[] = [{ type: "task.submitted", data: submission() }];
  events.push({ type: "task.started", data: { worker: "w", leg: 1, model_provider: "simulator" } });
  for (let n = 1; n <= calls; n += 1) {
    const call = `m${n}`;
    const asked = { call, model: "claude-sonnet-5-5", max_tokens: 256, input_tokens_bound: 10 };
    events.push({ type: "model.requested", data: { ...asked, held_nano_usd: CALL } });
    const said = { call, model: asked.model, content: [], stop_reason: "tool_use", usage, duration_ms: 1 };
    const message_id = `msg ${marker} ${n}`;
    events.push({ type: "model.responded", data: { ...said, message_id, cost_nano_usd: CALL } });
  }
  return [...events, end].map((event, i) => ({ ...event, seq: i + 1, at: 1000 + i, attempt: 1 }));
}

function billsFor(marker: string, calls: number): Bill[] {
  return Array.from({ length: calls }, (_, i) => ({
    path: "/v1/messages",
    prompt_head: `${marker} U-ann. Spend.`,
    message_id: `msg ${marker} ${i + 1}`,
    outcome: "completed",
    received_at_ms: 1000 + i,
    answered_at_ms: 1001 + i,
    billed_nano_usd: CALL,
  }));
}

const ended: NewEvent = { type: "task.completed", data: { stop_reason: "end_turn" } };
const stopped: NewEvent = { type: "task.stopped", data: { stop_reason: "budget_reached", message: "spent" } };

/** Two tasks of one user, 24 of the 25 calls that her limit pays: the second one is stopped by it. */
function evidence(): Evidence {
  const [a, b] = [task("#1."), task("#2.")];
  const limit = {
    scope: "user",
    id: "ann",
    window: "day",
    marker: "U-ann.",
    limitNanoUsd: 25 * CALL,
  } as const;
  const account = { spentNanoUsd: 24 * CALL, heldNanoUsd: 0, limitNanoUsd: 25 * CALL };
  return {
    limits: [{ ...limit, account }],
    tasks: [
      { task: a, id: "task_a", events: journal("#1.", 4, ended) },
      { task: b, id: "task_b", events: journal("#2.", 20, stopped) },
    ],
    refusals: [],
    bills: [...billsFor("#1.", 4), ...billsFor("#2.", 20)],
    holds: [],
    unfinished: "",
  };
}

const broken = (changed: Evidence) => [...new Set(checkMoney(changed).map(({ promise }) => promise))];
const withAccount = (more: Partial<Evidence["limits"][number]["account"]>): Evidence => {
  const { limits, ...rest } = evidence();
  return { ...rest, limits: limits.map((limit) => ({ ...limit, account: { ...limit.account, ...more } })) };
};

it("finds nothing wrong where nothing is", () => {
  expect(checkMoney(evidence())).toEqual([]);
  expect(refusalsOf(evidence())).toMatchObject([{ where: "task_b", use: 24 / 25 }]);
});

it("sees a bill above a limit, a shared one and a task's own", () => {
  const over = evidence();
  expect(broken({ ...over, bills: [...over.bills, ...billsFor("#3.", 2)] })).toContain("limits");
  const [first, second] = over.tasks;
  if (first === undefined || second === undefined) throw new Error("there are two tasks");
  const small = { ...second, task: { ...second.task, ownLimitNanoUsd: 19 * CALL } };
  expect(broken({ ...over, tasks: [first, small] })).toEqual(["limits"]);
});

it("sees a hold that leaked, in an account and in Redis", () => {
  expect(broken(withAccount({ heldNanoUsd: CALL }))).toEqual(["accounts"]);
  expect(broken({ ...evidence(), holds: ["head:task_a holds 40"] })).toEqual(["holds"]);
});

it("sees an account that says another sum than its tasks, or less than was billed", () => {
  expect(broken(withAccount({ spentNanoUsd: 23 * CALL }))).toEqual(["accounts"]);
  expect(broken(withAccount({ spentNanoUsd: 25 * CALL }))).toEqual(["accounts"]);
});

it("sees a reply that was recorded at another price than it was billed, or never billed", () => {
  const { bills, ...rest } = evidence();
  const dearer = bills.map((bill, i) => (i === 3 ? { ...bill, billed_nano_usd: CALL - 1 } : bill));
  expect(broken({ ...rest, bills: dearer })).toContain("exact");
  expect(broken({ ...rest, bills: bills.slice(1) })).toContain("exact");
});

it("sees what was billed beside what is recorded and unconfirmed", () => {
  const { bills, tasks, ...rest } = evidence();
  const unknown = { ...billsFor("#1.", 1)[0], message_id: "msg of nobody" } as Bill;
  expect(broken({ ...rest, tasks, bills: [...bills, unknown] })).toContain("exact");
});

it("sees a task that was refused or stopped while money was left, unless its own limit stopped it", () => {
  const early = evidence();
  const [first, second] = early.tasks;
  if (first === undefined || second === undefined) throw new Error("there are two tasks");
  const stoppedEarly = { ...first, events: journal("#1.", 4, stopped) };
  expect(broken({ ...early, tasks: [stoppedEarly, second] })).toEqual(["use"]);
  const byItsOwn = { ...stoppedEarly, task: { ...first.task, hasSmallLimit: true } };
  expect(broken({ ...early, tasks: [byItsOwn, second] })).toEqual([]);
  expect(broken({ ...early, refusals: [{ task: task("#9."), atMs: 1003 }] })).toEqual(["use"]);
  expect(broken({ ...early, refusals: [{ task: task("#9."), atMs: 9000 }] })).toEqual([]);
});

it("sees a task without an end, one that is missing, and a Pawl that does not come to rest", () => {
  const open = evidence();
  const [first, second] = open.tasks;
  if (first === undefined || second === undefined) throw new Error("there are two tasks");
  const cut = { ...first, events: first.events.slice(0, -1) };
  expect(broken({ ...open, tasks: [cut, second] })).toEqual(["terminal"]);
  expect(broken({ ...open, tasks: [{ ...first, events: [] }, second] })).toContain("terminal");
  expect(broken({ ...open, unfinished: "3 tasks waiting" })).toEqual(["terminal"]);
});

it("does not believe limits that a few calls fill", () => {
  const { limits, ...rest } = evidence();
  const tight = limits.map((limit) => ({ ...limit, limitNanoUsd: 24 * CALL }));
  expect(broken({ ...rest, limits: tight })).toContain("tight");
});

it("adds bills up in the order in which they came due", () => {
  const [one, two] = billsFor("#1.", 2);
  if (one === undefined || two === undefined) throw new Error("there are two bills");
  expect(mostBilled([two, one])).toEqual({ nanoUsd: 2 * CALL, atMs: 1002 });
  expect(mostBilled([])).toEqual({ nanoUsd: 0, atMs: 0 });
});
