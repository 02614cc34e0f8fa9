import { type BudgetTarget, foldTask, type ScopeLimit, type WindowName, windowsAt } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { claimedTask, holding, settled } from "../../../test/support/claimed.ts";
import { expectHeadToMatchJournal } from "../../../test/support/head.ts";
import { ownStore, terms, userAccount } from "../../../test/support/store.ts";
import { type Account, accountKey, enqueueLegs, key, readBudget, readJournal, setLimit } from "./index.ts";

const store = await ownStore();
const tenant = "acme";
const HOUR_MS = 3_600_000;

let users = 0;
const someone = (): BudgetTarget => ({ scope: "user", id: `user-${++users}` });
const limit = (limitNanoUsd: number, more: Partial<ScopeLimit> = {}): ScopeLimit => ({
  limitNanoUsd,
  softNanoUsd: null,
  onExceeded: "refuse",
  ...more,
});
const windows = () => windowsAt(Date.now(), "UTC");
const set = (target: BudgetTarget, window: WindowName, wanted: ScopeLimit) =>
  setLimit(store, tenant, target, window, wanted);
const read = (target: BudgetTarget, configured: Account["configured"] = {}) =>
  readBudget(store, tenant, target, configured, windows());
const over = (target: BudgetTarget, configured: Account["configured"] = {}) =>
  terms({ accounts: [{ ...target, configured }] });

/** Spends and holds as a task of that user would. */
async function spend(target: BudgetTarget, spentNanoUsd: number, heldNanoUsd = 0): Promise<void> {
  const { step } = await claimedTask(store);
  await step(1, { next: holding(over(target), "m1", spentNanoUsd) });
  const next = heldNanoUsd === 0 ? {} : { next: holding(over(target), "m2", heldNanoUsd) };
  await step(2, { ...settled("m1", spentNanoUsd), ...next });
}

describe("a budget that was never used", () => {
  it("has no window where there is no limit, and writes nothing by being read", async () => {
    const target = someone();
    expect(await read(target)).toEqual([]);
    expect(await store.redis.exists(accountKey(store, tenant, target))).toBe(0);
  });

  it("shows its configured limits with nothing spent", async () => {
    const configured = { day: limit(500), total: limit(900, { softNanoUsd: 800, onExceeded: "wait" }) };
    const untouched = { source: "config", spentNanoUsd: 0, heldNanoUsd: 0 };
    expect(await read(someone(), configured)).toEqual([
      { window: "day", limit: configured.day, ...untouched, endsAtMs: windows().day.endsAtMs },
      { window: "total", limit: configured.total, ...untouched, endsAtMs: 0 },
    ]);
  });
});

describe("a limit set by hand", () => {
  it("goes before the configured one of its window, leaves the others, and is replaced as a whole", async () => {
    const target = someone();
    const configured = { day: limit(500), month: limit(5000) };
    await set(target, "day", limit(100, { softNanoUsd: 50, onExceeded: "wait" }));
    await set(target, "total", limit(7));
    await set(target, "day", limit(200));
    const budget = await read(target, configured);
    expect(budget.map(({ window, limit }) => [window, limit])).toEqual([
      ["day", limit(200)],
      ["month", limit(5000)],
      ["total", limit(7)],
    ]);
  });

  it("is the one that holds are refused by", async () => {
    const target = someone();
    await set(target, "total", limit(100));
    const { step } = await claimedTask(store);
    const next = holding(over(target, { total: limit(1_000_000) }), "m1", 101);
    expect(await step(1, { next })).toMatchObject({ kind: "spent", freeNanoUsd: 100 });
  });

  it("keeps every digit of the largest amount", async () => {
    const target = someone();
    await set(target, "total", limit(999_999_999_999_999, { softNanoUsd: 999_999_999_999_998 }));
    expect((await read(target))[0]?.limit).toEqual(
      limit(999_999_999_999_999, { softNanoUsd: 999_999_999_999_998 }),
    );
  });

  it("outlives the time for which unused accounts are kept", async () => {
    const target = someone();
    await spend(target, 30);
    expect(await store.redis.pttl(accountKey(store, tenant, target))).toBeGreaterThan(0);
    await set(target, "day", limit(100));
    expect(await store.redis.pttl(accountKey(store, tenant, target))).toBe(-1);
    await spend(target, 30);
    expect(await store.redis.pttl(accountKey(store, tenant, target))).toBe(-1);
    expect(await read(target)).toMatchObject([{ window: "day", spentNanoUsd: 60 }]);
  });

  it("may be lowered below what is spent and held: nothing more is held, what is held is settled", async () => {
    const target = someone();
    const { step } = await claimedTask(store);
    await step(1, { next: holding(over(target), "m1", 60) });
    await step(2, { ...settled("m1", 50), next: holding(over(target), "m2", 40) });
    await set(target, "day", limit(20));
    expect(await read(target)).toMatchObject([{ spentNanoUsd: 50, heldNanoUsd: 40 }]);
    const refused = await step(3, { ...settled("m2", 40), next: holding(over(target), "m3", 1) });
    expect(refused).toMatchObject({ kind: "spent" });
    expect(await read(target)).toMatchObject([{ spentNanoUsd: 90, heldNanoUsd: 0 }]);
  });

  it("of nothing refuses the least hold", async () => {
    const target = someone();
    await set(target, "hour", limit(0));
    const { step } = await claimedTask(store);
    expect(await step(1, { next: holding(over(target), "m1", 1) })).toMatchObject({ kind: "spent" });
  });

  it("is of one tenant alone, save the global one", async () => {
    const target = someone();
    const global: BudgetTarget = { scope: "global", id: "global" };
    await set(target, "day", limit(1));
    await set(global, "month", limit(1e15));
    expect(await readBudget(store, "other", target, {}, windows())).toEqual([]);
    expect(await readBudget(store, "other", global, {}, windows())).toMatchObject([{ window: "month" }]);
  });
});

describe("the line before an account", () => {
  it("is woken by the limit that is raised, from the front and as far as the money goes", async () => {
    const account = userAccount(`user-${++users}`, 100);
    const target: BudgetTarget = { scope: "user", id: account.id };
    const within = terms({ accounts: [account] });
    const [first, second, third] = [
      await claimedTask(store),
      await claimedTask(store),
      await claimedTask(store),
    ];
    await first.step(1, { next: holding(within, "m1", 90) });
    for (const { step } of [second, third]) {
      expect(await step(1, { next: holding(within, "m1", 80) })).toMatchObject({ kind: "parked" });
    }
    expect(await set(target, "total", limit(110))).toEqual([]);
    const legs = await set(target, "total", limit(180));
    expect(legs).toMatchObject([{ task: second.task, leg: 2 }]);
    await enqueueLegs(store, legs);
    expect(await store.queues.normal.getJob(`${second.task}.2`)).toBeDefined();
    expect(foldTask(await readJournal(store, tenant, second.task))).toMatchObject({ status: "queued" });
    for (const { task } of [second, third]) await expectHeadToMatchJournal(store, tenant, task);
    expect(await set(target, "total", limit(1000))).toMatchObject([{ task: third.task }]);
    expect(await store.redis.exists(key(tenant, "line", `${account.scope}:${account.id}`))).toBe(0);
  });

  it("is woken to stop by a limit that nobody in it can ever be paid from", async () => {
    const account = userAccount(`user-${++users}`, 100);
    const within = terms({ accounts: [account] });
    const [first, second] = [await claimedTask(store), await claimedTask(store)];
    await first.step(1, { next: holding(within, "m1", 90) });
    await second.step(1, { next: holding(within, "m1", 80) });
    expect(await set({ scope: "user", id: account.id }, "total", limit(5))).toMatchObject([
      { task: second.task },
    ]);
  });
});

describe("a window that is over", () => {
  /** As if hour, day and month had ended a moment ago: Redis' clock cannot be moved. */
  async function endAll(target: BudgetTarget): Promise<void> {
    const name = accountKey(store, tenant, target);
    const soon = windows();
    let text = (await store.redis.get(name)) ?? "";
    for (const { endsAtMs } of [soon.hour, soon.day, soon.month]) {
      text = text.replaceAll(String(endsAtMs), String(Date.now() - 1));
    }
    await store.redis.set(name, text);
  }

  it("shows nothing spent and its next end, what is held still held; the total goes on", async () => {
    const target = someone();
    const configured = { hour: limit(900), day: limit(900), month: limit(900), total: limit(900) };
    await spend(target, 70, 20);
    expect((await read(target, configured)).map(({ spentNanoUsd }) => spentNanoUsd)).toEqual([
      70, 70, 70, 70,
    ]);
    await endAll(target);
    const budget = await read(target, configured);
    expect(budget.map(({ spentNanoUsd }) => spentNanoUsd)).toEqual([0, 0, 0, 70]);
    expect(budget.map(({ heldNanoUsd }) => heldNanoUsd)).toEqual([20, 20, 20, 20]);
    const { hour, day, month } = windows();
    expect(budget.map(({ endsAtMs }) => endsAtMs)).toEqual([hour.endsAtMs, day.endsAtMs, month.endsAtMs, 0]);
  });

  it("is over for who waits for it, too, when a limit is set in it", async () => {
    const target = someone();
    await spend(target, 70);
    await endAll(target);
    await set(target, "day", limit(50));
    expect(await read(target)).toMatchObject([{ window: "day", spentNanoUsd: 0 }]);
    const { step } = await claimedTask(store);
    expect(await step(1, { next: holding(over(target), "m1", 50) })).toMatchObject({ kind: "done" });
    const [day] = await read(target);
    expect(day?.endsAtMs).toBeGreaterThan(Date.now());
    expect(day?.endsAtMs).toBeLessThanOrEqual(Date.now() + 24 * HOUR_MS);
  });
});
