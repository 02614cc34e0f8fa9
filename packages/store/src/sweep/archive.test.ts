import { foldTask, type NewEvent } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { claimedTask } from "../../../../test/support/claimed.ts";
import { expectHeadToMatchJournal } from "../../../../test/support/head.ts";
import { ownStore, submitted } from "../../../../test/support/store.ts";
import {
  cancelTask,
  claimTask,
  deliveredTask,
  key,
  listTasks,
  readJournal,
  readSubmission,
  readTask,
  redisNowMs,
  resumeTask,
  ringAlarm,
  sweepArchive,
  sweepRetention,
} from "../index.ts";

const RETENTION_MS = 100_000;
const store = await ownStore({ retentionMs: RETENTION_MS });
const tenant = "acme";

const note: NewEvent = { type: "limit.warned", data: { limit: "max_turns", message: "nearly ".repeat(200) } };

/** A task with a few events, some of them deflated, that was stopped a moment ago. */
async function stopped(over: Parameters<typeof claimedTask>[1] = {}): Promise<string> {
  const { task, step } = await claimedTask(store, over);
  const end: NewEvent = { type: "task.stopped", data: { stop_reason: "loop_detected", message: "enough" } };
  const deliveryId = `dlv_${task.slice("task_".length)}`;
  await step(1, {
    facts: [note, note, end],
    transition: { to: "stopped", stopReason: "loop_detected", deliveryId },
  });
  return task;
}

async function archive(endedForMs = 0): Promise<number> {
  return sweepArchive(store, await redisNowMs(store), { endedForMs });
}

const stored = (task: string) => store.redis.lrangeBuffer(key(tenant, "journal", task), 0, -1);
const exists = (kind: "journal" | "archive", task: string) => store.redis.exists(key(tenant, kind, task));
const resuming = (task: string, seq: number) => ({
  tenant,
  task,
  requestId: "r1",
  seq,
  timeoutMs: 3_600_000,
});

describe("a finished journal", () => {
  it("is archived once its task ended long enough ago, and never looked at again", async () => {
    const task = await stopped();
    expect(await archive(50_000)).toBe(0);
    expect(await exists("journal", task)).toBe(1);
    expect(await archive()).toBe(1);
    expect([await exists("journal", task), await exists("archive", task)]).toEqual([0, 1]);
    expect(await store.redis.zscore(key(tenant, "retention"), task)).toBeNull();
    expect(await archive()).toBe(0);
  });

  it("reads the same from every cursor, for every reader", async () => {
    const task = await stopped({ user: "reader", webhook_url: "https://example.com/hook" });
    const read = async () => ({
      from: await Promise.all([0, 1, 2, 4, 5, 9].map((after) => readJournal(store, tenant, task, after))),
      part: await readJournal(store, tenant, task, 1, 3),
      none: await readJournal(store, tenant, task, 3, 3),
      state: await readTask(store, tenant, task),
      submission: await readSubmission(store, tenant, task),
      delivered: await deliveredTask(store, tenant, { task, seq: 4 }),
      listed: await listTasks(store, { tenant, filters: { user: "reader" }, limit: 10, cursor: null }),
    });
    const before = await read();
    expect(before.from.map((events) => events.length)).toEqual([5, 4, 3, 1, 0, 0]);
    expect(before.part.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(await archive()).toBe(1);
    expect(await read()).toEqual(before);
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("lives exactly as long as its list would have", async () => {
    const task = await stopped();
    const listMs = await store.redis.pttl(key(tenant, "journal", task));
    await archive();
    const archiveMs = await store.redis.pttl(key(tenant, "archive", task));
    expect(archiveMs).toBeLessThanOrEqual(listMs);
    expect(archiveMs).toBeGreaterThan(listMs - 10_000);
  });

  it("is forgotten at the end of its retention, with every key and place of its task", async () => {
    const task = await stopped();
    await archive();
    expect(await sweepRetention(store, await redisNowMs(store))).toBe(0);
    await store.redis.zadd(key(tenant, "archived"), 1, task);
    expect(await sweepRetention(store, await redisNowMs(store))).toBe(1);
    expect(await store.redis.keys(`*${task}*`)).toEqual([]);
    expect(await store.redis.zscore(key(tenant, "archived"), task)).toBeNull();
    expect(await readTask(store, tenant, task)).toBeUndefined();
    expect(await resumeTask(store, resuming(task, 5))).toEqual({ kind: "unknown" });
  });

  it("outlives its retention while a webhook of it is pending", async () => {
    const task = await stopped({ webhook_url: "https://example.com/hook" });
    await archive();
    await store.redis.zadd(key(tenant, "archived"), 1, task);
    await store.redis.pexpire(key(tenant, "archive", task), 60_000);
    expect(await sweepRetention(store, await redisNowMs(store))).toBe(0);
    expect(await store.redis.pttl(key(tenant, "archive", task))).toBeGreaterThan(60_000);
    expect(await store.redis.zscore(key(tenant, "retention"), task)).toBeNull();
    expect(await readTask(store, tenant, task)).toMatchObject({ status: "stopped" });
  });

  it("that this version cannot read stays as it is, and is not looked at again", async () => {
    const task = await stopped();
    await store.redis.lset(key(tenant, "journal", task), 2, "1.1|?from the future");
    expect(await archive()).toBe(1);
    expect([await exists("journal", task), await exists("archive", task)]).toEqual([1, 0]);
    expect(await archive()).toBe(0);
    await store.redis.zadd(key(tenant, "archived"), 1, task);
    expect(await sweepRetention(store, await redisNowMs(store))).toBe(1);
    expect(await store.redis.keys(`*${task}*`)).toEqual([]);
  });
});

describe("the sweep", () => {
  it("leaves live tasks alone", async () => {
    const [queued, { task: running }] = [await submitted(store), await claimedTask(store)];
    expect(await archive()).toBe(0);
    // Not even where it is told that they have ended.
    await store.redis.zadd(key(tenant, "retention"), 1, queued, 1, running);
    expect(await archive()).toBe(0);
    await store.redis.zrem(key(tenant, "retention"), queued, running);
    for (const task of [queued, running]) expect(await exists("journal", task)).toBe(1);
  });

  it("archives each journal once, however many workers sweep", async () => {
    await Promise.all(Array.from({ length: 10 }, () => stopped()));
    const swept = await Promise.all(Array.from({ length: 5 }, () => archive()));
    expect(swept.reduce((sum, n) => sum + n, 0)).toBe(10);
    expect(await store.redis.exists(key(tenant, "archiving"))).toBe(0);
  });

  it("waits for a worker that died over it, for a few seconds", async () => {
    await stopped();
    await store.redis.set(key(tenant, "archiving"), "1", "PX", 60_000);
    expect(await archive()).toBe(0);
    await store.redis.del(key(tenant, "archiving"));
    expect(await archive()).toBe(1);
  });

  it("begins no further journal once it is to stop", async () => {
    const task = await stopped();
    const options = { endedForMs: 0, signal: AbortSignal.abort() };
    expect(await sweepArchive(store, await redisNowMs(store), options)).toBe(0);
    expect(await exists("journal", task)).toBe(1);
    expect(await archive()).toBe(1);
  });

  it("goes over more tasks than one sweep takes", async () => {
    const tasks = await Promise.all(Array.from({ length: 130 }, () => stopped()));
    let [sweeps, archived] = [0, 0];
    for (let done = await archive(); done > 0; done = await archive()) {
      sweeps += 1;
      archived += done;
    }
    expect([archived, sweeps]).toEqual([tasks.length, 2]);
  });
});

describe("resume of an archived task", () => {
  it("restores the very list, lifts its expiry, and the next claim sees every event", async () => {
    const task = await stopped();
    const before = await stored(task);
    await archive();
    expect(await resumeTask(store, resuming(task, before.length))).toEqual({
      kind: "resumed",
      legs: [{ tenant, task, leg: 2, lane: "normal" }],
    });
    const after = await stored(task);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after).toHaveLength(before.length + 1);
    expect(await exists("archive", task)).toBe(0);
    for (const name of await store.redis.keys(`*${task}*`))
      expect(await store.redis.pttl(name), name).toBe(-1);
    for (const kind of ["retention", "archived"] as const)
      expect(await store.redis.zscore(key(tenant, kind), task), kind).toBeNull();
    await expectHeadToMatchJournal(store, tenant, task);
    const claim = await claimTask(store, {
      tenant,
      task,
      leg: 2,
      start: 1,
      started: { worker: "w1", leg: 2, model_provider: "test" },
    });
    if (claim.kind !== "claimed") throw new Error("not claimed");
    expect(claim.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("is refused, or decided anew, as for any other; the archive stays", async () => {
    const task = await stopped();
    await archive();
    expect(await resumeTask(store, resuming(task, 4))).toEqual({ kind: "moved" });
    expect(await resumeTask(store, resuming(task, -1))).toEqual({ kind: "moved" });
    const cancelled = await submitted(store);
    await cancelTask(store, { tenant, task: cancelled, deliveryId: "dlv_x" });
    await archive();
    expect(await resumeTask(store, resuming(cancelled, 2))).toEqual({ kind: "refused", status: "cancelled" });
    for (const each of [task, cancelled]) expect(await exists("archive", each)).toBe(1);
  });

  it("happens once for a request that is sent twice", async () => {
    const task = await stopped();
    await archive();
    const outcomes = await Promise.all([
      resumeTask(store, resuming(task, 5)),
      resumeTask(store, resuming(task, 5)),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["resumed", "resumed"]);
    expect(await resumeTask(store, resuming(task, 5))).toEqual({ kind: "resumed", legs: [] });
    expect(await readJournal(store, tenant, task)).toHaveLength(6);
  });

  it("may be archived again after its next end, and resumed again", async () => {
    const task = await stopped();
    for (const round of [1, 2, 3]) {
      await archive();
      const seq = (await readJournal(store, tenant, task)).length;
      const resumed = await resumeTask(store, { ...resuming(task, seq), requestId: `round ${round}` });
      expect(resumed.kind).toBe("resumed");
      await store.redis.hset(key(tenant, "head", task), "deadline_at", "1");
      await ringAlarm(store, { tenant, task, waitingFor: "", deliveryId: `dlv_${round}` });
    }
    await archive();
    expect(await exists("archive", task)).toBe(1);
    const events = await readJournal(store, tenant, task);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 5 + 3 * 2 }, (_, i) => i + 1));
    expect(foldTask(events)).toMatchObject({ status: "stopped", stopReason: "deadline" });
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("restores a journal of thousands of events", async () => {
    const task = await stopped();
    const list = key(tenant, "journal", task);
    const [first] = await stored(task);
    const many = Array.from(
      { length: 9000 },
      (_, i) => `${1_790_000_000_000 + i}.1|j["lease.lost",{"n":${i}}]`,
    );
    await store.redis.ltrim(list, 1, 0);
    await store.redis.rpush(list, first ?? "", ...many);
    await store.redis.pexpire(list, 60_000);
    const before = await stored(task);
    await archive();
    expect((await resumeTask(store, resuming(task, 9001))).kind).toBe("resumed");
    expect((await stored(task)).slice(0, 9001)).toEqual(before);
  });
});
