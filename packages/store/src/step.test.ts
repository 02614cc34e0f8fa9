import { foldTask, type NewEvent } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { expectHeadToMatchJournal } from "../../../test/support/head.ts";
import { ownStore, submitted } from "../../../test/support/store.ts";
import {
  type Account,
  cancelTask,
  claimTask,
  key,
  readJournal,
  reportLateUsage,
  type Step,
  stepTask,
  taskAccount,
} from "./index.ts";

const store = await ownStore();
const tenant = "acme";

const started = (leg: number) => ({ worker: "w1", leg, model_provider: "test" });

async function claimed(over: Parameters<typeof submitted>[1] = {}) {
  const task = await submitted(store, over);
  const claim = await claimTask(store, { tenant, task, leg: 1, start: 1, started: started(1) });
  if (claim.kind !== "claimed") throw new Error(`not claimed: ${claim.status}`);
  const base = {
    tenant,
    task,
    epoch: claim.epoch,
    settled: [],
    facts: [],
    transition: { to: "running" },
  } as const;
  const step = (n: number, over: Partial<Step> = {}) => stepTask(store, { ...base, n, cursor: 2, ...over });
  return { task, epoch: claim.epoch, step };
}

const note: NewEvent = { type: "limit.warned", data: { limit: "max_turns", message: "nearly" } };

function request(call: string, heldNanoUsd: number): NewEvent {
  const data = { call, model: "m", max_tokens: 10, input_tokens_bound: 5, held_nano_usd: heldNanoUsd };
  return { type: "model.requested", data };
}

function responded(call: string, costNanoUsd: number): NewEvent {
  return {
    type: "model.responded",
    data: {
      call,
      model: "m",
      message_id: "msg_1",
      content: [{ type: "text", text: "hi" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 3, output_tokens: 4, cache_read_tokens: 0, cache_write_tokens: 0 },
      cost_nano_usd: costNanoUsd,
      duration_ms: 1,
    },
  };
}

function holding(account: Account, call: string, nanoUsd: number): NonNullable<Step["next"]> {
  return {
    accounts: [account],
    holds: [{ hold: call, nanoUsd }],
    events: [request(call, nanoUsd)],
    leastNanoUsd: Math.min(nanoUsd, 10),
  };
}

const money = async (account: Account) => {
  const [spent, held] = await store.redis.hmget(account.key, "spent", "held");
  return { spent: Number(spent ?? 0), held: Number(held ?? 0) };
};

describe("the command slot", () => {
  it("returns the kept reply to a command sent again, and does nothing twice", async () => {
    const { task, step } = await claimed();
    const first = await step(1, { facts: [note] });
    const again = await step(1, { facts: [note] });
    expect(again).toEqual(first);
    expect(await readJournal(store, tenant, task)).toHaveLength(3);
  });

  it("tells a replayed command what others appended before it, and only that", async () => {
    const { task, epoch, step } = await claimed();
    await step(1, { next: holding(taskAccount(tenant, task, 1000), "m1", 100) });
    const second = await claimTask(store, { tenant, task, leg: 1, start: 2, started: started(1) });
    if (second.kind !== "claimed") throw new Error("not claimed");
    const late = await reportLateUsage(store, {
      tenant,
      task,
      epoch,
      call: "m1",
      usage: { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 },
      costNanoUsd: 7,
    });
    expect(late.kind).toBe("done");
    const command: Partial<Step> = { epoch: second.epoch, cursor: 4, facts: [note] };
    const first = await step(1, command);
    expect(first).toMatchObject({ kind: "done", firstSeq: 6, others: [{ seq: 5, type: "usage.confirmed" }] });
    expect(await step(1, command)).toEqual(first);
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("refuses an older command, and says so when Redis has forgotten some", async () => {
    const { step } = await claimed();
    await step(1);
    await step(2);
    expect(await step(1)).toEqual({ kind: "fenced" });
    expect(await step(4)).toEqual({ kind: "gap" });
  });

  it("returns the kept reply even after the task was taken away, and nothing else", async () => {
    const { task, step } = await claimed();
    const first = await step(1, { facts: [note] });
    await cancelTask(store, { tenant, task, deliveryId: "dlv_x" });
    expect(await step(1, { facts: [note] })).toEqual(first);
    expect(await step(2, { facts: [note] })).toEqual({ kind: "fenced" });
    expect((await readJournal(store, tenant, task)).at(-1)?.type).toBe("task.cancelled");
    await expectHeadToMatchJournal(store, tenant, task);
  });
});

describe("the fence", () => {
  it("lets nothing through from a worker whose task was claimed by another", async () => {
    const { task, step } = await claimed();
    const second = await claimTask(store, { tenant, task, leg: 1, start: 2, started: started(1) });
    expect(second).toMatchObject({ kind: "claimed", epoch: expect.stringMatching(/^2\./) });
    expect(await step(1, { facts: [note] })).toEqual({ kind: "fenced" });
    const state = foldTask(await readJournal(store, tenant, task));
    expect(state).toMatchObject({ attempts: 2, failedTries: 1 });
  });

  it("answers the same claim twice alike, and refuses an older start or a stale leg", async () => {
    const { task, epoch } = await claimed();
    const claim = (leg: number, start: number) =>
      claimTask(store, { tenant, task, leg, start, started: started(leg) });
    expect(await claim(1, 1)).toMatchObject({ kind: "claimed", epoch });
    expect(await claim(1, 3)).toMatchObject({ kind: "claimed", epoch: expect.stringMatching(/^2\./) });
    expect(await claim(1, 2)).toEqual({ kind: "refused", status: "running" });
    expect(await claim(2, 1)).toEqual({ kind: "refused", status: "running" });
  });

  it("tells a claim from the one that Redis forgot", async () => {
    const task = await submitted(store);
    const head = key(tenant, "head", task);
    const before = await store.redis.hgetall(head);
    const claim = () => claimTask(store, { tenant, task, leg: 1, start: 1, started: started(1) });
    const first = await claim();
    // What a failover to a replica that lagged behind would leave.
    await store.redis.del(head);
    await store.redis.hset(head, before);
    await store.redis.ltrim(key(tenant, "journal", task), 0, 0);
    const second = await claim();
    if (first.kind !== "claimed" || second.kind !== "claimed") throw new Error("not claimed");
    const base = {
      tenant,
      task,
      n: 1,
      cursor: 2,
      settled: [],
      facts: [note],
      transition: { to: "running" },
    } as const;
    expect(await stepTask(store, { ...base, epoch: second.epoch })).toMatchObject({ kind: "done" });
    expect(await stepTask(store, { ...base, epoch: first.epoch })).toEqual({ kind: "fenced" });
  });

  it("lets nothing through once the task is no longer running, though nobody else has it", async () => {
    const { step } = await claimed();
    const facts: NewEvent[] = [{ type: "task.waiting", data: { for: "retry", after_ms: 60_000 } }];
    await step(1, { facts, transition: { to: "waiting", for: "retry", afterMs: 60_000 } });
    expect(await step(2, { facts: [note] })).toEqual({ kind: "fenced" });
  });

  it("hands a task back as a new leg, with its attempt", async () => {
    const { task, step } = await claimed();
    const facts: NewEvent[] = [{ type: "task.handed_back", data: { because: "shutdown" } }];
    const outcome = await step(1, { facts, transition: { to: "queued" } });
    expect(outcome).toMatchObject({ kind: "done", legs: [{ tenant, task, leg: 2 }] });
    await expectHeadToMatchJournal(store, tenant, task);
    const again = await claimTask(store, { tenant, task, leg: 2, start: 1, started: started(2) });
    expect(again).toMatchObject({ kind: "claimed" });
    expect(foldTask(await readJournal(store, tenant, task))).toMatchObject({ attempts: 1, failedTries: 0 });
  });
});

describe("the ledger", () => {
  it("holds the worst case, then spends what the call cost", async () => {
    const { task, step } = await claimed();
    const account = taskAccount(tenant, task, 1000);
    expect(await step(1, { next: holding(account, "m1", 900) })).toMatchObject({
      kind: "done",
      freeNanoUsd: 100,
    });
    expect(await money(account)).toEqual({ spent: 0, held: 900 });
    await expectHeadToMatchJournal(store, tenant, task);
    await step(2, { facts: [responded("m1", 250)], settled: [{ hold: "m1", nanoUsd: 250 }] });
    expect(await money(account)).toEqual({ spent: 250, held: 0 });
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("keeps facts and settlements where the next hold is refused", async () => {
    const { task, step } = await claimed();
    const account = taskAccount(tenant, task, 1000);
    await step(1, { next: holding(account, "m1", 900) });
    const refused = await step(2, {
      facts: [responded("m1", 250)],
      settled: [{ hold: "m1", nanoUsd: 250 }],
      next: holding(account, "m2", 751),
    });
    expect(refused).toMatchObject({ kind: "spent", freeNanoUsd: 750, lastSeq: 4 });
    expect(await money(account)).toEqual({ spent: 250, held: 0 });
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("charges an open hold at its worst case when the next worker claims, and lowers it once on a late report", async () => {
    const { task, epoch, step } = await claimed();
    const account = taskAccount(tenant, task, 1000);
    await step(1, { next: holding(account, "m1", 900) });
    await claimTask(store, { tenant, task, leg: 1, start: 2, started: started(1) });
    expect(await money(account)).toEqual({ spent: 900, held: 0 });
    await expectHeadToMatchJournal(store, tenant, task);
    const usage = { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 };
    const report = { tenant, task, epoch, call: "m1", usage, costNanoUsd: 40 };
    expect((await reportLateUsage(store, report)).kind).toBe("done");
    expect((await reportLateUsage(store, report)).kind).toBe("refused");
    expect(await money(account)).toEqual({ spent: 40, held: 0 });
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("leaves no hold behind when a task is cancelled in the middle of a call", async () => {
    const { task, step } = await claimed();
    const account = taskAccount(tenant, task, 1000);
    await step(1, { next: holding(account, "m1", 900) });
    expect((await cancelTask(store, { tenant, task, deliveryId: "dlv_x" })).kind).toBe("done");
    expect(await money(account)).toEqual({ spent: 900, held: 0 });
    expect(await store.redis.exists(key(tenant, "holds", task))).toBe(0);
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("takes a hold over all accounts or over none", async () => {
    const { task, step } = await claimed();
    const rich = taskAccount(tenant, task, 1000);
    const poor: Account = { ...rich, key: key(tenant, "taskAccount", "poor"), limitNanoUsd: 10 };
    const next = { ...holding(rich, "m1", 100), accounts: [rich, poor] };
    expect(await step(1, { next })).toMatchObject({ kind: "spent", freeNanoUsd: 10 });
    expect(await money(rich)).toEqual({ spent: 0, held: 0 });
  });

  it("keeps all sixteen digits of an amount", async () => {
    const { task, step } = await claimed();
    const account = taskAccount(tenant, task, Number.MAX_SAFE_INTEGER);
    const amount = 9_007_199_254_740_001;
    expect(await step(1, { next: holding(account, "m1", amount) })).toMatchObject({ freeNanoUsd: 990 });
    await step(2, { facts: [responded("m1", amount)], settled: [{ hold: "m1", nanoUsd: amount }] });
    expect(await money(account)).toEqual({ spent: amount, held: 0 });
  });

  it("refuses a window that is over by Redis' clock", async () => {
    const { task, step } = await claimed();
    const account = { ...taskAccount(tenant, task, 1000), endsAtMs: Date.now() - 60_000 };
    expect(await step(1, { next: holding(account, "m1", 1) })).toMatchObject({ kind: "window" });
  });
});

describe("the line before an account", () => {
  const shared = (name: string, limitNanoUsd: number): Account => ({
    key: key(tenant, "taskAccount", name),
    limitKey: "",
    window: "",
    limitNanoUsd,
    endsAtMs: 0,
  });

  it("parks who finds the money held by others, and wakes him when it is free", async () => {
    const account = shared("shared-1", 100);
    const [first, second] = [await claimed(), await claimed()];
    await first.step(1, { next: holding(account, "m1", 80) });
    expect(await second.step(1, { next: holding(account, "m1", 50) })).toMatchObject({ kind: "parked" });
    await expectHeadToMatchJournal(store, tenant, second.task);
    const freed = await first.step(2, { settled: [{ hold: "m1", nanoUsd: 20 }] });
    expect(freed).toMatchObject({ kind: "done", legs: [{ task: second.task, leg: 2 }] });
    await expectHeadToMatchJournal(store, tenant, second.task);
    expect(foldTask(await readJournal(store, tenant, second.task))).toMatchObject({ status: "queued" });
  });

  it("lets no newcomer pass those who wait, and lets the woken one take what it was woken for", async () => {
    const account = shared("shared-2", 100);
    const [first, second, third] = [await claimed(), await claimed(), await claimed()];
    await first.step(1, { next: holding(account, "m1", 60) });
    await second.step(1, { next: holding(account, "m1", 50) });
    expect(await third.step(1, { next: holding(account, "m1", 10) })).toMatchObject({ kind: "parked" });
    await first.step(2, { settled: [{ hold: "m1", nanoUsd: 0 }] });
    const again = await claimTask(store, {
      tenant,
      task: second.task,
      leg: 2,
      start: 1,
      started: started(2),
    });
    if (again.kind !== "claimed") throw new Error("not claimed");
    const woken = await second.step(1, { epoch: again.epoch, cursor: 5, next: holding(account, "m2", 50) });
    expect(woken).toMatchObject({ kind: "done" });
    expect(await money(account)).toEqual({ spent: 0, held: 50 });
  });

  it("wakes everybody to stop once the rest cannot pay the least call", async () => {
    const account = shared("shared-3", 100);
    const [first, second, third] = [await claimed(), await claimed(), await claimed()];
    await first.step(1, { next: holding(account, "m1", 95) });
    await second.step(1, { next: holding(account, "m1", 50) });
    await third.step(1, { next: holding(account, "m1", 50) });
    const freed = await first.step(2, { settled: [{ hold: "m1", nanoUsd: 95 }] });
    expect(freed).toMatchObject({ legs: [{ task: second.task }, { task: third.task }] });
    expect(await store.redis.exists(`${account.key}:line`)).toBe(0);
  });

  it("says what there could be, not what is free, to who asks for more than there is", async () => {
    const account = shared("shared-5", 100);
    const [first, second] = [await claimed(), await claimed()];
    await first.step(1, { next: holding(account, "m1", 95) });
    expect(await second.step(1, { next: holding(account, "m1", 120) })).toMatchObject({
      kind: "spent",
      freeNanoUsd: 100,
    });
    expect(await second.step(2, { next: holding(account, "m1", 100) })).toMatchObject({ kind: "parked" });
  });

  it("is not held up by a task that was cancelled while it stood in it", async () => {
    const account = shared("shared-4", 100);
    const [first, second, third] = [await claimed(), await claimed(), await claimed()];
    await first.step(1, { next: holding(account, "m1", 60) });
    await second.step(1, { next: holding(account, "m1", 90) });
    await third.step(1, { next: holding(account, "m1", 40) });
    await cancelTask(store, { tenant, task: second.task, deliveryId: "dlv_x" });
    const freed = await first.step(2, { settled: [{ hold: "m1", nanoUsd: 60 }] });
    expect(freed).toMatchObject({ legs: [{ task: third.task }] });
  });
});
