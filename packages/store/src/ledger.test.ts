/** The ledger: no limit is ever exceeded, whoever dies when. */
import { windowsAt } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { claimAgain, claimedTask, holding, responded, settled } from "../../../test/support/claimed.ts";
import { expectHeadToMatchJournal } from "../../../test/support/head.ts";
import { ownStore, terms, userAccount } from "../../../test/support/store.ts";
import { accountsIn } from "./account.fixture.ts";
import { type Account, cancelTask, key, reportLateUsage } from "./index.ts";

const store = await ownStore();
const tenant = "acme";
const { keyOf, wordsOf, setWords, moneyOf, endTheHour, endTheDay } = accountsIn(store, tenant);
const claimed = () => claimedTask(store);
const HOUR_MS = 3_600_000;

let users = 0;
/** An account nobody else uses. */
const fresh = (limitNanoUsd: number, how: Parameters<typeof userAccount>[2] = {}) =>
  userAccount(`user-${++users}`, limitNanoUsd, how);
const over = (...accounts: Account[]) => terms({ accounts });
const own = (ownLimitNanoUsd: number) => terms({ ownLimitNanoUsd });

async function ownMoney(task: string) {
  const [spent, held] = ((await store.redis.hget(key(tenant, "head", task), "money")) ?? "0 0").split(" ");
  return { spent: Number(spent), held: Number(held) };
}

describe("a task's own account", () => {
  it("holds the worst case, then spends what the call cost", async () => {
    const { task, step } = await claimed();
    expect(await step(1, { next: holding(own(1000), "m1", 900) })).toMatchObject({
      kind: "done",
      freeNanoUsd: 100,
    });
    expect(await ownMoney(task)).toEqual({ spent: 0, held: 900 });
    await expectHeadToMatchJournal(store, tenant, task);
    await step(2, { facts: [responded("m1", 250)], ...settled("m1", 250) });
    expect(await ownMoney(task)).toEqual({ spent: 250, held: 0 });
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("keeps facts and settlements where the next hold is refused", async () => {
    const { task, step } = await claimed();
    await step(1, { next: holding(own(1000), "m1", 900) });
    const refused = await step(2, {
      facts: [responded("m1", 250)],
      ...settled("m1", 250),
      next: holding(own(1000), "m2", 751),
    });
    expect(refused).toMatchObject({ kind: "spent", freeNanoUsd: 750, lastSeq: 4 });
    expect(await ownMoney(task)).toEqual({ spent: 250, held: 0 });
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("settles a hold once, and leaves the task's other holds alone", async () => {
    const { task, step } = await claimed();
    await step(1, { next: holding(own(1000), "m1", 100) });
    await step(2, { next: holding(own(1000), "m11", 200) });
    await step(3, settled("m1", 40));
    await step(4, settled("m1", 40));
    expect(await ownMoney(task)).toEqual({ spent: 40, held: 200 });
  });

  it("keeps all sixteen digits of an amount", async () => {
    const { task, step } = await claimed();
    const amount = 9_007_199_254_740_001;
    const next = holding(own(Number.MAX_SAFE_INTEGER), "m1", amount);
    expect(await step(1, { next })).toMatchObject({ freeNanoUsd: 990 });
    await step(2, { facts: [responded("m1", amount)], ...settled("m1", amount) });
    expect(await ownMoney(task)).toEqual({ spent: amount, held: 0 });
  });
});

describe("what nobody will answer any more", () => {
  it("costs its worst case when the next worker claims, until a late report lowers it, once", async () => {
    const account = fresh(10_000);
    const { task, epoch, step } = await claimed();
    await step(1, { next: holding(over(account), "m1", 900) });
    await claimAgain(store, { tenant, task, leg: 1, start: 2 });
    expect(await moneyOf(account)).toEqual({ spent: 900, held: 0 });
    await expectHeadToMatchJournal(store, tenant, task);
    const usage = { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 };
    const report = { tenant, task, epoch, call: "m1", usage, costNanoUsd: 40 };
    expect((await reportLateUsage(store, report)).kind).toBe("done");
    expect((await reportLateUsage(store, report)).kind).toBe("refused");
    expect(await moneyOf(account)).toEqual({ spent: 40, held: 0 });
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("leaves no hold behind when a task is cancelled in the middle of a call", async () => {
    const account = fresh(10_000);
    const { task, step } = await claimed();
    await step(1, { next: holding(over(account), "m1", 900, { reserveNanoUsd: 300 }) });
    expect(await moneyOf(account)).toEqual({ spent: 0, held: 1200 });
    expect((await cancelTask(store, { tenant, task, deliveryId: "dlv_x" })).kind).toBe("done");
    expect(await moneyOf(account)).toEqual({ spent: 900, held: 0 });
    await expectHeadToMatchJournal(store, tenant, task);
  });
});

describe("several accounts", () => {
  it("pay all of a hold or none of it", async () => {
    const [rich, poor] = [fresh(1000), fresh(10)];
    const { step } = await claimed();
    expect(await step(1, { next: holding(over(rich, poor), "m1", 100) })).toMatchObject({
      kind: "spent",
      freeNanoUsd: 10,
    });
    expect(await moneyOf(rich)).toEqual({ spent: 0, held: 0 });
  });

  it("count in every window, and each window has a limit of its own", async () => {
    const account: Account = {
      ...fresh(1000),
      configured: {
        hour: { limitNanoUsd: 100, softNanoUsd: null, onExceeded: "refuse" },
        month: { limitNanoUsd: 1000, softNanoUsd: null, onExceeded: "refuse" },
      },
    };
    const { step } = await claimed();
    await step(1, { next: holding(over(account), "m1", 90) });
    await step(2, settled("m1", 80));
    for (const window of ["hour", "day", "month", "total"] as const)
      expect(await moneyOf(account, window)).toEqual({ spent: 80, held: 0 });
    expect(await step(3, { next: holding(over(account), "m2", 30) })).toMatchObject({
      kind: "spent",
      freeNanoUsd: 20,
    });
  });

  it("tell that a soft limit is reached", async () => {
    const account: Account = {
      ...fresh(100),
      configured: { day: { limitNanoUsd: 100, softNanoUsd: 50, onExceeded: "refuse" } },
    };
    const { step } = await claimed();
    expect(await step(1, { next: holding(over(account), "m1", 60) })).toMatchObject({ soft: false });
    expect(await step(2, { ...settled("m1", 50), next: holding(over(account), "m2", 10) })).toMatchObject({
      soft: true,
    });
  });
});

describe("the reserve for one last turn", () => {
  it("is held beside the call, replaced by the next one, and given back at the end", async () => {
    const account = fresh(1000);
    const { task, step } = await claimed();
    await step(1, { next: holding(over(account), "m1", 100, { reserveNanoUsd: 300 }) });
    expect(await moneyOf(account)).toEqual({ spent: 0, held: 400 });
    await step(2, { ...settled("m1", 60), next: holding(over(account), "m2", 100, { reserveNanoUsd: 350 }) });
    expect(await moneyOf(account)).toEqual({ spent: 60, held: 450 });
    await step(3, {
      ...settled("m2", 70),
      facts: [{ type: "task.completed", data: { stop_reason: "end_turn" } }],
      transition: { to: "completed", stopReason: "end_turn", deliveryId: "dlv_x" },
    });
    expect(await moneyOf(account)).toEqual({ spent: 130, held: 0 });
    expect(await ownMoney(task)).toEqual({ spent: 130, held: 0 });
  });

  it("pays the last turn though others have taken all the rest", async () => {
    const account = fresh(1000);
    const [first, second] = [await claimed(), await claimed()];
    await first.step(1, { next: holding(over(account), "m1", 300, { reserveNanoUsd: 300 }) });
    await second.step(1, { next: holding(over(account), "m1", 400) });
    const refused = await first.step(2, { ...settled("m1", 300), next: holding(over(account), "m2", 900) });
    expect(refused).toMatchObject({ kind: "spent", freeNanoUsd: 700 });
    await second.step(2, settled("m1", 400));
    expect(await first.step(3, { next: holding(over(account), "m2", 300) })).toMatchObject({ kind: "done" });
    expect(await moneyOf(account)).toEqual({ spent: 700, held: 300 });
  });

  it("is not held by a task that is parked, handed back or lost", async () => {
    const account = fresh(1000);
    const { task, step } = await claimed();
    await step(1, { next: holding(over(account), "m1", 100, { reserveNanoUsd: 300 }) });
    await claimAgain(store, { tenant, task, leg: 1, start: 2 });
    expect(await moneyOf(account)).toEqual({ spent: 100, held: 0 });
  });
});

describe("a window", () => {
  it("is refused once it is over by Redis' clock", async () => {
    const { step } = await claimed();
    const stale = terms();
    const hour = { ...stale.windows.hour, endsAtMs: Date.now() - 60_000 };
    const next = holding({ ...stale, windows: { ...stale.windows, hour } }, "m1", 1);
    expect(await step(1, { next })).toMatchObject({ kind: "window" });
  });

  it("is refused where it cannot be under way by Redis' clock, as somebody's who is ahead", async () => {
    const { step } = await claimed();
    const ahead = terms({ windows: windowsAt(Date.now() + 2 * HOUR_MS, "UTC") });
    expect(await step(1, { next: holding(ahead, "m1", 1) })).toMatchObject({ kind: "window" });
  });

  it("is named anew where its end lies further off than it is long, and forgets nothing", async () => {
    const account = fresh(100, { window: "day" });
    const farAway = Date.now() + 365 * 24 * HOUR_MS;
    await setWords(account, { total: 90, hourEnds: farAway, dayEnds: farAway, monthEnds: farAway });
    const { step } = await claimed();
    const refused = await step(1, { next: holding(over(account), "m1", 20) });
    expect(refused).toMatchObject({ kind: "spent", freeNanoUsd: 10 });
    await step(2, { next: holding(over(account), "m1", 10) });
    expect(Number((await wordsOf(account)).dayEnds)).toBe(over(account).windows.day.endsAtMs);
  });

  it("does not count what was settled after the end of an earlier one and before anybody named the next", async () => {
    const daysAgo = (days: number) => -(Date.now() - days * 24 * HOUR_MS);
    const [earlier, today] = [fresh(100, { window: "day" }), fresh(100, { window: "day" })];
    await setWords(earlier, { total: 90, hourEnds: daysAgo(4), dayEnds: daysAgo(4), monthEnds: daysAgo(4) });
    await setWords(today, { total: 90, hourEnds: daysAgo(0), dayEnds: daysAgo(0), monthEnds: daysAgo(0) });
    const { step } = await claimed();
    expect(await step(1, { next: holding(over(earlier), "m1", 50) })).toMatchObject({ kind: "done" });
    expect(await step(2, { next: holding(over(today), "m2", 50) })).toMatchObject({ kind: "spent" });
  });

  it("that turns in the middle of a call counts the call in the new one", async () => {
    const account = fresh(100, { window: "day" });
    const { step } = await claimed();
    await step(1, { next: holding(over(account), "m1", 90) });
    await step(2, { ...settled("m1", 60), next: holding(over(account), "m2", 40) });
    await endTheDay(account);
    await step(3, settled("m2", 30));
    expect(await moneyOf(account, "day")).toEqual({ spent: 30, held: 0 });
    expect(await moneyOf(account)).toEqual({ spent: 90, held: 0 });
    expect(await step(4, { next: holding(over(account), "m3", 71) })).toMatchObject({
      kind: "spent",
      freeNanoUsd: 70,
    });
    expect(Number((await wordsOf(account)).dayEnds)).toBeGreaterThan(Date.now());
  });

  it("keeps its end and its count when somebody's clock or zone names another", async () => {
    const account = fresh(100, { window: "day" });
    const { step } = await claimed();
    await step(1, { next: holding(over(account), "m1", 90) });
    const other = over(account);
    const day = { ...other.windows.day, endsAtMs: other.windows.day.endsAtMs + HOUR_MS };
    const next = holding({ ...other, windows: { ...other.windows, day } }, "m2", 90);
    expect(await step(2, { ...settled("m1", 90), next })).toMatchObject({ kind: "spent", freeNanoUsd: 10 });
  });
});

describe("an account", () => {
  it("that has a limit on its total is kept for ever, another one for a while", async () => {
    const [total, day] = [fresh(100), fresh(100, { window: "day" })];
    const { step } = await claimed();
    await step(1, { next: holding(over(total, day), "m1", 10) });
    expect(await store.redis.pttl(keyOf(total))).toBe(-1);
    expect(await store.redis.pttl(keyOf(day))).toBeGreaterThan(0);
  });

  it("counts what is settled in a new day there, though its hour had ended before", async () => {
    const account = fresh(1000, { window: "day" });
    const { step } = await claimed();
    for (const call of ["m1", "m2", "m3"])
      await step(Number(call[1]), { next: holding(over(account), call, 100) });
    // The hour ends, a call is settled; the day ends, two more are.
    await endTheHour(account);
    await step(4, settled("m1", 100));
    await setWords(account, { dayEnds: Date.now() - 1 });
    await step(5, settled("m2", 60));
    await step(6, settled("m3", 70));
    expect(await moneyOf(account, "day")).toEqual({ spent: 130, held: 0 });
  });

  it("of a user whose name ends in :line is not somebody's line", async () => {
    const [ann, other] = [fresh(100), fresh(100)];
    const namesake: Account = { ...other, id: `${ann.id}:line` };
    const [first, second, third] = [await claimed(), await claimed(), await claimed()];
    await first.step(1, { next: holding(over(ann), "m1", 80) });
    expect(await third.step(1, { next: holding(over(namesake), "m1", 10) })).toMatchObject({ kind: "done" });
    expect(await second.step(1, { next: holding(over(ann), "m1", 50) })).toMatchObject({ kind: "parked" });
    expect(await third.step(2, settled("m1", 10))).toMatchObject({ kind: "done" });
    expect(await first.step(2, settled("m1", 20))).toMatchObject({ legs: [{ task: second.task }] });
  });
});
