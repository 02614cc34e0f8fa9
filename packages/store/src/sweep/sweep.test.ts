import { foldTask, type NewEvent } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { claimedTask, holding } from "../../../../test/support/claimed.ts";
import { expectHeadToMatchJournal } from "../../../../test/support/head.ts";
import { ownStore, submitted, terms } from "../../../../test/support/store.ts";
import {
  cancelTask,
  key,
  listTasks,
  readDelivery,
  readJournal,
  recordDelivery,
  redisNowMs,
  resumeTask,
  sweepDeliveries,
  sweepDue,
  sweepOwed,
  sweepRetention,
  sweepVanished,
} from "../index.ts";

const RETENTION_MS = 60_000;
const store = await ownStore({ retentionMs: RETENTION_MS });
const tenant = "acme";

const claimed = (over: Parameters<typeof submitted>[1] = {}) => claimedTask(store, over);

/** The stored moment is moved back, since Redis' clock cannot be moved forward. */
async function makeDue(task: string, field: "deadline_at" | "wake_at"): Promise<void> {
  await store.redis.hset(key(tenant, "head", task), field, "1");
  await store.redis.zadd(key(tenant, "due"), 1, task);
}

const stateOf = async (task: string) => foldTask(await readJournal(store, tenant, task));
const queued = async (jobId: string) => (await store.queues.normal.getJob(jobId)) !== undefined;

describe("owed legs", () => {
  it("are queued when their caller has long been silent, once", async () => {
    const task = await submitted(store);
    const nowMs = await redisNowMs(store);
    await sweepOwed(store, nowMs);
    expect(await queued(`${task}.1`)).toBe(false);
    await sweepOwed(store, nowMs + 3000);
    expect(await queued(`${task}.1`)).toBe(true);
    expect(await sweepOwed(store, nowMs + 3000)).toBe(0);
  });
});

describe("alarms", () => {
  it("wake a task whose retry is due, as a new leg", async () => {
    const { task, step } = await claimed();
    const facts: NewEvent[] = [{ type: "task.waiting", data: { for: "retry", after_ms: 60_000 } }];
    await step(1, { facts, transition: { to: "waiting", for: "retry", afterMs: 60_000 } });
    await expectHeadToMatchJournal(store, tenant, task);
    expect(await sweepDue(store, await redisNowMs(store))).toBe(0);
    await makeDue(task, "wake_at");
    expect(await sweepDue(store, await redisNowMs(store))).toBe(1);
    expect(await stateOf(task)).toMatchObject({ status: "queued", leg: 2 });
    expect(await queued(`${task}.2`)).toBe(true);
    expect((await readJournal(store, tenant, task)).at(-1)).toMatchObject({ data: { because: "retry" } });
  });

  it("wake a delayed task for its first leg", async () => {
    const task = await submitted(store, { delay_ms: 60_000 });
    await makeDue(task, "wake_at");
    await sweepDue(store, await redisNowMs(store));
    expect(await stateOf(task)).toMatchObject({ status: "queued", leg: 1 });
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("stop an overdue task, fence its worker off, charge its call and owe its webhook", async () => {
    const { task, step } = await claimed({ webhook_url: "https://example.com/hook" });
    await step(1, { next: holding(terms(), "m1", 70) });
    await makeDue(task, "deadline_at");
    await sweepDue(store, await redisNowMs(store));
    expect(await stateOf(task)).toMatchObject({
      status: "stopped",
      stopReason: "deadline",
      unconfirmedNanoUsd: 70,
    });
    expect(await step(2, { facts: [] })).toEqual({ kind: "fenced" });
    const [delivery = ""] = await store.redis.lrange(key(tenant, "taskDeliveries", task), 0, -1);
    expect(await readDelivery(store, tenant, delivery)).toMatchObject({
      task,
      type: "task.stopped",
      state: "pending",
    });
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("ring once, however many workers sweep", async () => {
    const task = await submitted(store, { delay_ms: 60_000 });
    await makeDue(task, "wake_at");
    const nowMs = await redisNowMs(store);
    const rung = await Promise.all(Array.from({ length: 5 }, () => sweepDue(store, nowMs)));
    expect(rung.reduce((sum, n) => sum + n, 0)).toBe(1);
    expect(await readJournal(store, tenant, task)).toHaveLength(2);
  });

  it("heal a member of `due` that is too early", async () => {
    const task = await submitted(store);
    await store.redis.zadd(key(tenant, "due"), 1, task);
    expect(await sweepDue(store, await redisNowMs(store))).toBe(0);
    await expectHeadToMatchJournal(store, tenant, task);
  });
});

describe("deliveries", () => {
  it("are queued when they are due", async () => {
    const task = await submitted(store, { webhook_url: "https://example.com/hook" });
    const delivery = "dlv_00000000000000000000000001";
    await cancelTask(store, { tenant, task, deliveryId: delivery });
    const queuedBefore = await store.queues.webhooks.count();
    await sweepDeliveries(store, (await redisNowMs(store)) + 1);
    await sweepDeliveries(store, (await redisNowMs(store)) + 1);
    const jobs = await store.queues.webhooks.getJobs();
    expect(jobs.filter((job) => job.data.delivery === delivery)).toHaveLength(1);
    expect(await store.queues.webhooks.count()).toBeGreaterThan(queuedBefore);
  });
});

describe("legs that vanished", () => {
  const later = async () => (await redisNowMs(store)) + 60_000;

  it("are owed again under a new number, whether their job is gone or ended without them", async () => {
    const gone = await submitted(store);
    await sweepOwed(store, await later());
    await (await store.queues.normal.getJob(`${gone}.1`))?.remove();
    const { task: ended, step } = await claimed();
    await store.redis.zrem(key(tenant, "owed"), `${ended}.1`);
    await store.redis.hset(`{pawl}:pawl-tasks:${ended}.1`, "finishedOn", "1");
    await sweepVanished(store, await later(), new Map());
    for (const task of [gone, ended]) {
      expect(await stateOf(task)).toMatchObject({ status: "queued", leg: 2, failedTries: 0 });
      expect(await queued(`${task}.2`)).toBe(true);
      await expectHeadToMatchJournal(store, tenant, task);
    }
    expect(await step(1, {})).toEqual({ kind: "fenced" });
  });

  it("are left alone while their job lives, while they are owed, or when they moved a moment ago", async () => {
    const live = await submitted(store);
    await sweepOwed(store, await later());
    const owed = await submitted(store);
    const fresh = await submitted(store);
    await store.redis.zrem(key(tenant, "owed"), `${fresh}.1`);
    await sweepVanished(store, await redisNowMs(store), new Map());
    for (const task of [live, owed, fresh]) expect(await stateOf(task)).toMatchObject({ leg: 1 });
  });
});

describe("retention", () => {
  it("forgets a finished task and its places in the listings, and leaves no key of it", async () => {
    const { task } = await claimed({ user: "gone", webhook_url: "https://example.com/hook" });
    const delivery = "dlv_00000000000000000000000002";
    await cancelTask(store, { tenant, task, deliveryId: delivery });
    const outcome = { status: 200, error: null, duration_ms: 1 };
    await recordDelivery(store, { tenant, delivery, try: 0, state: "delivered", nextAfterMs: 0, outcome });
    expect(await sweepRetention(store, await redisNowMs(store))).toBe(0);
    await store.redis.zadd(key(tenant, "retention"), 1, task);
    expect(await sweepRetention(store, await redisNowMs(store))).toBe(1);
    expect(await store.redis.keys(`*${task}*`)).toEqual([]);
    expect(await store.redis.keys("*dlv_00000000000000000000000002*")).toEqual([]);
    expect(
      (await listTasks(store, { tenant, filters: { user: "gone" }, limit: 10, cursor: null })).tasks,
    ).toEqual([]);
    for (const index of await store.redis.keys("*index:*"))
      expect(await store.redis.zscore(index, task), index).toBeNull();
  });

  it("waits for the task's webhook", async () => {
    const task = await submitted(store, { webhook_url: "https://example.com/hook" });
    const delivery = "dlv_00000000000000000000000003";
    await cancelTask(store, { tenant, task, deliveryId: delivery });
    await store.redis.zadd(key(tenant, "retention"), 1, task);
    expect(await sweepRetention(store, await redisNowMs(store))).toBe(0);
    expect(await stateOf(task)).toMatchObject({ status: "cancelled" });
  });

  it("gives every key of a finished task a lifetime, and resume takes it away again", async () => {
    const { task, step } = await claimed();
    const facts: NewEvent[] = [
      { type: "task.stopped", data: { stop_reason: "max_turns", message: "enough" } },
    ];
    await step(1, { facts, transition: { to: "stopped", stopReason: "max_turns", deliveryId: "dlv_x" } });
    for (const name of await store.redis.keys(`*${task}*`))
      expect(await store.redis.pttl(name), name).toBeGreaterThan(RETENTION_MS);
    await expectHeadToMatchJournal(store, tenant, task);
    const seq = (await readJournal(store, tenant, task)).length;
    const resume = { tenant, task, requestId: "r1", seq, timeoutMs: 3_600_000, budget: { max_turns: 99 } };
    expect(await resumeTask(store, { ...resume, seq: seq - 1 })).toEqual({ kind: "moved" });
    const leg = { tenant, task, leg: 2, lane: "normal" };
    expect(await resumeTask(store, resume)).toEqual({ kind: "resumed", legs: [leg] });
    expect(await resumeTask(store, resume)).toEqual({ kind: "resumed", legs: [] });
    expect(await resumeTask(store, { ...resume, requestId: "r2" })).toEqual({
      kind: "refused",
      status: "queued",
    });
    expect(await readJournal(store, tenant, task)).toHaveLength(seq + 1);
    for (const name of await store.redis.keys(`*${task}*`))
      expect(await store.redis.pttl(name), name).toBe(-1);
    await expectHeadToMatchJournal(store, tenant, task);
  });
});
