import { newId } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { expectHeadToMatchJournal } from "../../../test/support/head.ts";
import { ownStore, submitted, terms, userAccount } from "../../../test/support/store.ts";
import { submission } from "../../../test/support/submission.ts";
import { accountsIn } from "./account.fixture.ts";
import {
  type Account,
  keepAnswer,
  key,
  listTasks,
  readDelivery,
  readJournal,
  type Submission,
  submitTask,
  sweepLines,
} from "./index.ts";

const store = await ownStore();
const tenant = "acme";
const { setWords, endTheDay } = accountsIn(store, tenant);
const request = (over: Partial<Submission> = {}): Submission => ({
  tenant,
  task: newId("task", Date.now()),
  data: submission(),
  terms: terms(),
  leastNanoUsd: 0,
  ...over,
});
const keyed = (idempotencyKey: string, digest: string, busyMs = 0) =>
  request({ idempotency: { key: idempotencyKey, digest, busyMs } });

/** A day of an account whose end is given. */
const setSpent = (account: Account, { day = 0, dayEnds = 0 }) =>
  setWords(account, { total: day, hourEnds: dayEnds, dayEnds });

describe("submit", () => {
  it("makes the task, its alarm and the leg it owes in one stroke", async () => {
    const task = await submitted(store);
    await expectHeadToMatchJournal(store, tenant, task);
    expect(await store.redis.zscore(key(tenant, "owed"), `${task}.1`)).not.toBeNull();
  });

  it("does nothing the second time its reply was lost", async () => {
    const once = request();
    const legs = [{ tenant, task: once.task, leg: 1, lane: "normal" }];
    expect(await submitTask(store, once)).toEqual({ kind: "submitted", legs });
    expect(await submitTask(store, once)).toEqual({ kind: "submitted", legs });
    expect(await readJournal(store, tenant, once.task)).toHaveLength(1);
  });

  it("owes no leg for a task that is to wait", async () => {
    const task = await submitted(store, { delay_ms: 60_000 });
    await expectHeadToMatchJournal(store, tenant, task);
    expect(await store.redis.zscore(key(tenant, "owed"), `${task}.0`)).toBeNull();
    expect(await store.redis.zscore(key(tenant, "owed"), `${task}.1`)).toBeNull();
  });

  it("is refused where an account is spent, and leaves nothing behind", async () => {
    const account = userAccount("spender", 100, { window: "day" });
    const { day } = terms().windows;
    await setSpent(account, { day: 100, dayEnds: day.endsAtMs });
    const refused = keyed("k-spent", "d");
    expect(await submitTask(store, { ...refused, terms: terms({ accounts: [account] }) })).toEqual({
      kind: "spent",
      account,
      window: "day",
      endsAtMs: day.endsAtMs,
    });
    expect(await store.redis.keys(`*${refused.task}*`)).toEqual([]);
    expect(await store.redis.keys("*k-spent*")).toEqual([]);
  });

  it("is refused where the rest cannot pay the least call, but not for a limit that is only small", async () => {
    const small = userAccount("small", 50);
    const small50 = { terms: terms({ accounts: [small] }), leastNanoUsd: 80 };
    expect(await submitTask(store, request(small50))).toMatchObject({ kind: "submitted" });
    await setSpent(small, { day: 1 });
    expect(await submitTask(store, request(small50))).toMatchObject({ kind: "spent", endsAtMs: null });
  });

  it("waits in the line of an account whose limit says to wait", async () => {
    const account = userAccount("patient", 100, { window: "day", onExceeded: "wait" });
    await setSpent(account, { day: 100, dayEnds: terms().windows.day.endsAtMs });
    const parked = request({ terms: terms({ accounts: [account] }) });
    expect(await submitTask(store, parked)).toEqual({ kind: "submitted", legs: [] });
    await expectHeadToMatchJournal(store, tenant, parked.task);
    await endTheDay(account);
    expect(await sweepLines(store)).toBe(1);
    await expectHeadToMatchJournal(store, tenant, parked.task);
  });

  it("owes its webhook the wait for a window's end, as the task stood then", async () => {
    const account = userAccount("told", 100, { window: "day", onExceeded: "wait" });
    await setSpent(account, { day: 100, dayEnds: terms().windows.day.endsAtMs });
    const deliveryId = newId("dlv", Date.now());
    const parked = request({ terms: terms({ accounts: [account] }), deliveryId });
    await submitTask(store, parked);
    expect(await readDelivery(store, tenant, deliveryId)).toMatchObject({
      task: parked.task,
      type: "task.waiting",
      seq: 2,
      state: "pending",
    });
    // A task that may begin is told of when it ends.
    const begins = request({ deliveryId: newId("dlv", Date.now()) });
    await submitTask(store, begins);
    expect(await readDelivery(store, tenant, begins.deliveryId ?? "")).toBeUndefined();
  });

  it("is refused by a limit that refuses, however much tighter another is that says to wait", async () => {
    const account: Account = { ...userAccount("both", 100, { window: "day" }) };
    account.configured = {
      ...account.configured,
      hour: { limitNanoUsd: 40, softNanoUsd: null, onExceeded: "wait" },
    };
    await setSpent(account, { day: 100, dayEnds: terms().windows.day.endsAtMs });
    const outcome = await submitTask(store, request({ terms: terms({ accounts: [account] }) }));
    expect(outcome).toMatchObject({ kind: "spent", window: "day" });
  });

  it("is not refused for a window that is over when the task is to begin", async () => {
    const account = userAccount("later", 100, { window: "day" });
    await setSpent(account, { day: 100, dayEnds: terms().windows.day.endsAtMs });
    const in3Days = { data: submission({ delay_ms: 3 * 86_400_000 }), terms: terms({ accounts: [account] }) };
    expect(await submitTask(store, request(in3Days))).toMatchObject({ kind: "submitted" });
  });

  it("will not let a tenant's name forge a key", async () => {
    await expect(submitTask(store, request({ tenant: "a}:{b" }))).rejects.toThrow(RangeError);
  });
});

describe("an idempotency key", () => {
  it("finds the first task for the same body, and refuses another body", async () => {
    const first = keyed("k1", "body-a");
    await submitTask(store, first);
    expect(await submitTask(store, keyed("k1", "body-a"))).toEqual({
      kind: "replayed",
      task: first.task,
      answer: null,
    });
    expect(await submitTask(store, keyed("k1", "body-b"))).toEqual({ kind: "mismatch" });
  });

  it("gives back the answer that was kept", async () => {
    const first = keyed("k2", "body");
    await submitTask(store, first);
    await keepAnswer(store, tenant, "k2", "the answer");
    expect(await submitTask(store, keyed("k2", "body"))).toMatchObject({
      kind: "replayed",
      answer: "the answer",
    });
  });

  it("is busy while the first caller waits for his answer", async () => {
    const first = keyed("k3", "body", 60_000);
    await submitTask(store, first);
    expect(await submitTask(store, keyed("k3", "body", 60_000))).toEqual({ kind: "busy", task: first.task });
  });

  it("makes one task of many requests at once", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => submitTask(store, keyed("k4", "body"))),
    );
    expect(outcomes.filter(({ kind }) => kind === "submitted")).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "replayed")).toHaveLength(19);
  });

  it("lives for a day", async () => {
    await submitTask(store, keyed("k5", "body"));
    const lifetimeMs = await store.redis.pttl(key(tenant, "idempotency", "k5"));
    expect(lifetimeMs).toBeGreaterThan(86_000_000);
  });
});

describe("a listing", () => {
  const listing = "lister";
  it("is newest first, filtered by every label at once, and pages without gaps", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 25; i++) {
      const data = submission({ user: i % 2 === 0 ? "ann" : "bob", feature: i % 3 === 0 ? "chat" : null });
      const task = newId("task", 1_700_000_000_000 + i);
      await submitTask(store, { tenant: listing, task, data, terms: terms(), leastNanoUsd: 0 });
      ids.unshift(task);
    }
    const list = (filters: object, limit: number, cursor: string | null = null) =>
      listTasks(store, { tenant: listing, filters, limit, cursor });
    const paged: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof list>> = await list({}, 7, cursor);
      paged.push(...page.tasks.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(paged).toEqual(ids);
    const both = await list({ user: "ann", feature: "chat", status: "queued" }, 100);
    expect(both.tasks.map(({ id }) => id)).toEqual(ids.filter((_, i) => (24 - i) % 6 === 0));
    expect((await list({ user: "nobody" }, 10)).tasks).toEqual([]);
    expect((await listTasks(store, { tenant: "other", filters: {}, limit: 10, cursor: null })).tasks).toEqual(
      [],
    );
  });
});
