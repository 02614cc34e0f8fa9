/** Who finds too little money stands in line: he holds nothing, nobody passes him, and he is woken in his turn. */
import { foldTask, newId } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { claimAgain, claimedTask, holding, responded, settled } from "../../../test/support/claimed.ts";
import { expectHeadToMatchJournal } from "../../../test/support/head.ts";
import { ownStore, terms, userAccount } from "../../../test/support/store.ts";
import { accountsIn } from "./account.fixture.ts";
import { type Account, cancelTask, key, readDelivery, readJournal, ringAlarm, sweepLines } from "./index.ts";

const store = await ownStore();
const tenant = "acme";
const { wordsOf, moneyOf, endTheDay } = accountsIn(store, tenant);
const claimed = () => claimedTask(store);

let users = 0;
/** An account nobody else uses. */
const fresh = (limitNanoUsd: number, how: Parameters<typeof userAccount>[2] = {}) =>
  userAccount(`user-${++users}`, limitNanoUsd, how);
const over = (...accounts: Account[]) => terms({ accounts });

describe("a limit that says to wait", () => {
  it("lets who stands behind a waiter wait as he does, and wakes them in turn", async () => {
    const account = fresh(100, { window: "day", onExceeded: "wait" });
    const [spender, first, second] = [await claimed(), await claimed(), await claimed()];
    await spender.step(1, { next: holding(over(account), "m1", 60) });
    await spender.step(2, settled("m1", 60));
    expect(await first.step(1, { next: holding(over(account), "m1", 80) })).toMatchObject({ kind: "parked" });
    expect(await second.step(1, { next: holding(over(account), "m1", 20) })).toMatchObject({
      kind: "parked",
    });
    for (const { task } of [first, second]) {
      expect(foldTask(await readJournal(store, tenant, task))).toMatchObject({ deadlineAtMs: null });
      await expectHeadToMatchJournal(store, tenant, task);
    }
    await endTheDay(account);
    // The alarm of the second rings first: he is no newcomer, and is not parked again.
    await store.redis.hset(key(tenant, "head", second.task), "wake_at", Date.now() - 1);
    const rung = await ringAlarm(store, {
      tenant,
      task: second.task,
      waitingFor: "budget",
      deliveryId: "dlv_x",
    });
    expect(rung.kind).toBe("done");
    const again = await claimAgain(store, { tenant, task: second.task, leg: 2 });
    expect(await again.step(1, { next: holding(over(account), "m2", 20) })).toMatchObject({ kind: "done" });
    expect(await sweepLines(store)).toBe(1);
    await expectHeadToMatchJournal(store, tenant, first.task);
  });

  it("has what even a fresh window could not pay trimmed to that, and not to today's rest", async () => {
    const account = fresh(100, { window: "day", onExceeded: "wait" });
    const { step } = await claimed();
    await step(1, { next: holding(over(account), "m1", 98) });
    const refused = await step(2, { ...settled("m1", 98), next: holding(over(account), "m2", 110) });
    expect(refused).toMatchObject({ kind: "spent", freeNanoUsd: 100 });
    expect(await step(3, { next: holding(over(account), "m2", 90) })).toMatchObject({ kind: "parked" });
    await endTheDay(account);
    expect(await sweepLines(store)).toBe(1);
  });

  it("parks the task until its window ends, the deadline standing still", async () => {
    const account = fresh(100, { window: "day", onExceeded: "wait" });
    const { task, step } = await claimed();
    const deliveryId = newId("dlv", Date.now());
    await step(1, { next: { ...holding(over(account), "m1", 80), deliveryId } });
    expect(await readDelivery(store, tenant, deliveryId)).toBeUndefined();
    const parked = await step(2, {
      facts: [responded("m1", 80)],
      ...settled("m1", 80),
      next: { ...holding(over(account), "m2", 80), deliveryId },
    });
    expect(parked).toMatchObject({ kind: "parked" });
    const events = await readJournal(store, tenant, task);
    const state = foldTask(events);
    expect(state).toMatchObject({ status: "waiting", waitingFor: "budget", deadlineAtMs: null });
    expect(await readDelivery(store, tenant, deliveryId)).toMatchObject({
      type: "task.waiting",
      seq: events.length,
    });
    expect(state.wakeAtMs).toBe(Number((await wordsOf(account)).dayEnds));
    await expectHeadToMatchJournal(store, tenant, task);
    expect(await sweepLines(store)).toBe(0);
    await endTheDay(account);
    expect(await sweepLines(store)).toBe(1);
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("does not hide another one that refuses", async () => {
    const account = fresh(100, { window: "day" });
    account.configured = {
      ...account.configured,
      hour: { limitNanoUsd: 70, softNanoUsd: null, onExceeded: "wait" },
    };
    const { step } = await claimed();
    await step(1, { next: holding(over(account), "m1", 60) });
    const refused = await step(2, { ...settled("m1", 60), next: holding(over(account), "m2", 50) });
    expect(refused).toMatchObject({ kind: "spent", freeNanoUsd: 40 });
    expect(await step(3, { next: holding(over(account), "m2", 40) })).toMatchObject({ kind: "parked" });
  });

  it("does not keep who could never be paid", async () => {
    const account = fresh(100, { window: "day", onExceeded: "wait" });
    const { step } = await claimed();
    expect(await step(1, { next: holding(over(account), "m1", 101) })).toMatchObject({ kind: "spent" });
  });
});

describe("the line before an account", () => {
  it("parks who finds the money held by others, and wakes him when it is free", async () => {
    const account = fresh(100);
    const [first, second] = [await claimed(), await claimed()];
    await first.step(1, { next: holding(over(account), "m1", 80) });
    const deliveryId = newId("dlv", Date.now());
    const wanted = { ...holding(over(account), "m1", 50), deliveryId };
    expect(await second.step(1, { next: wanted })).toMatchObject({ kind: "parked" });
    // Free again before anybody reads of it: no webhook tells of this wait.
    expect(await readDelivery(store, tenant, deliveryId)).toBeUndefined();
    await expectHeadToMatchJournal(store, tenant, second.task);
    const freed = await first.step(2, settled("m1", 20));
    expect(freed).toMatchObject({ kind: "done", legs: [{ task: second.task, leg: 2 }] });
    await expectHeadToMatchJournal(store, tenant, second.task);
    expect(foldTask(await readJournal(store, tenant, second.task))).toMatchObject({ status: "queued" });
  });

  it("lets no newcomer pass those who wait, and lets the woken one take what it was woken for", async () => {
    const account = fresh(100);
    const [first, second, third] = [await claimed(), await claimed(), await claimed()];
    await first.step(1, { next: holding(over(account), "m1", 60) });
    await second.step(1, { next: holding(over(account), "m1", 50) });
    expect(await third.step(1, { next: holding(over(account), "m1", 10) })).toMatchObject({ kind: "parked" });
    await first.step(2, settled("m1", 0));
    const again = await claimAgain(store, { tenant, task: second.task, leg: 2 });
    const woken = await again.step(1, { next: holding(over(account), "m2", 50) });
    expect(woken).toMatchObject({ kind: "done" });
    expect(await moneyOf(account)).toEqual({ spent: 0, held: 50 });
  });

  it("lets who was let through one line pass another where the money is free, and only once", async () => {
    const [ours, theirs] = [fresh(100), fresh(100)];
    const both = over(ours, theirs);
    const [holder, other] = [await claimed(), await claimed()];
    await holder.step(1, { next: holding(over(ours), "m1", 90) });
    await other.step(1, { next: holding(over(theirs), "m1", 90) });
    const waiters = [await claimed(), await claimed(), await claimed()];
    for (const { step } of waiters) await step(1, { next: holding(over(ours), "m1", 90) });
    const behind = [await claimed(), await claimed()];
    for (const { step } of behind) await step(1, { next: holding(over(theirs), "m1", 90) });
    // Each is woken from the one line while somebody stands in the other.
    await holder.step(2, settled("m1", 1));
    await other.step(2, settled("m1", 1));
    const woken = await claimAgain(store, { tenant, task: waiters[0]?.task ?? "", leg: 2 });
    expect(await woken.step(1, { next: holding(both, "m2", 90) })).toMatchObject({ kind: "done" });
    await woken.step(2, settled("m2", 1));
    expect(await woken.step(3, { next: holding(both, "m3", 90) })).toMatchObject({ kind: "parked" });
  });

  it("serves the next at once where the one that was let through ends without taking the money", async () => {
    const [account, poor] = [fresh(100), fresh(10)];
    const [first, second, third] = [await claimed(), await claimed(), await claimed()];
    await first.step(1, { next: holding(over(account), "m1", 80) });
    await second.step(1, { next: holding(over(account), "m1", 90) });
    await third.step(1, { next: holding(over(account), "m1", 90) });
    expect(await first.step(2, settled("m1", 0))).toMatchObject({ legs: [{ task: second.task }] });
    const woken = await claimAgain(store, { tenant, task: second.task, leg: 2 });
    expect(await woken.step(1, { next: holding(over(account, poor), "m2", 90) })).toMatchObject({
      kind: "spent",
    });
    const ended = await woken.step(2, {
      facts: [{ type: "task.stopped", data: { stop_reason: "budget_reached", message: "spent" } }],
      transition: { to: "stopped", stopReason: "budget_reached", deliveryId: "dlv_x" },
    });
    expect(ended).toMatchObject({ kind: "done", legs: [{ task: third.task, leg: 2 }] });
  });

  it("wakes everybody to stop once the rest cannot pay the least call", async () => {
    const account = fresh(100);
    const [first, second, third] = [await claimed(), await claimed(), await claimed()];
    await first.step(1, { next: holding(over(account), "m1", 95) });
    await second.step(1, { next: holding(over(account), "m1", 50) });
    await third.step(1, { next: holding(over(account), "m1", 50) });
    const freed = await first.step(2, settled("m1", 95));
    expect(freed).toMatchObject({ legs: [{ task: second.task }, { task: third.task }] });
    expect(await store.redis.exists(key(tenant, "line", `${account.scope}:${account.id}`))).toBe(0);
  });

  it("lets nobody wait for a call that is not worth it, and keeps what was kept", async () => {
    const account = fresh(100);
    const [first, second] = [await claimed(), await claimed()];
    await first.step(1, { next: holding(over(account), "m1", 60) });
    await second.step(1, { next: holding(over(account), "m1", 10, { reserveNanoUsd: 20 }) });
    const optional = { ...holding(over(account), "m2", 35), mayWait: false };
    expect(await second.step(2, { next: optional })).toMatchObject({ kind: "spent" });
    expect(await moneyOf(account)).toEqual({ spent: 0, held: 90 });
    expect(await store.redis.exists(key(tenant, "line", `${account.scope}:${account.id}`))).toBe(0);
    expect(foldTask(await readJournal(store, tenant, second.task)).status).toBe("running");
    await expectHeadToMatchJournal(store, tenant, second.task);
    const fits = { ...holding(over(account), "m2", 10, { reserveNanoUsd: 20 }), mayWait: false };
    expect(await second.step(3, { next: fits })).toMatchObject({ kind: "done" });
  });

  it("says what there could be, not what is free, to who asks for more than there is", async () => {
    const account = fresh(100);
    const [first, second] = [await claimed(), await claimed()];
    await first.step(1, { next: holding(over(account), "m1", 95) });
    expect(await second.step(1, { next: holding(over(account), "m1", 120) })).toMatchObject({
      kind: "spent",
      freeNanoUsd: 100,
    });
    expect(await second.step(2, { next: holding(over(account), "m1", 100) })).toMatchObject({
      kind: "parked",
    });
  });

  it("is not held up by a task that was cancelled while it stood in it", async () => {
    const account = fresh(100);
    const [first, second, third] = [await claimed(), await claimed(), await claimed()];
    await first.step(1, { next: holding(over(account), "m1", 60) });
    await second.step(1, { next: holding(over(account), "m1", 90) });
    await third.step(1, { next: holding(over(account), "m1", 40) });
    const cancelled = await cancelTask(store, { tenant, task: second.task, deliveryId: "dlv_x" });
    // What the first leaves free covers the third.
    expect(cancelled).toMatchObject({ legs: [{ task: third.task }] });
  });
});
