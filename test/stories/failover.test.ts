/**
 * A primary that dies, and a replica that takes its place: what was replicated stands, what was not is done again.
 * docs/durability.md says what that means; this file holds it to its word.
 */
import type { Task } from "@pawl/protocol";
import { key, readJournal, type Store } from "@pawl/store";
import { Webhook } from "standardwebhooks";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { follow, getTask, submit } from "../support/follow.ts";
import { expectHeadToMatchJournal } from "../support/head.ts";
import { startSystem, WEBHOOK_SECRET } from "../support/processes.ts";
import { startReceiver } from "../support/receiver.ts";
import { replicatedRedis } from "../support/replica.ts";
import { scriptReplies } from "../support/simulator-script.ts";
import { ledgerOf, STORY_CONFIG, scriptStory, witnessed } from "../support/story.ts";

const TENANT = "default";
/** Longer than a failover takes here: what is lost then is lost by Redis, not by a worker without a lock. */
const LOCK_MS = 3000;
const PATIENCE = { timeout: 20_000, interval: 50 };

const redis = await replicatedRedis();
const system = await startSystem({
  workers: 2,
  redisUrl: redis.url,
  env: { PAWL_CONFIG: STORY_CONFIG, LOCK_DURATION_MS: String(LOCK_MS) },
});
const receiver = await startReceiver();

const typesIn = async (store: Store, task: string) =>
  (await readJournal(store, TENANT, task)).map(({ type }) => type);
const epochIn = async (store: Store, task: string) =>
  String(await store.redis.hget(key(TENANT, "head", task), "epoch"));
const sent = async (task: string) => (await witnessed(system, task)).filter(({ name }) => name === "send");
/** The tasks of which a worker's log says that no replica acknowledged. */
const unacknowledged = () =>
  system.workers.flatMap(({ lines }) =>
    lines.filter(({ message }) => message === "no replica acknowledged").map(({ task }) => task),
  );
/** The ids under which the receiver was told of the task. */
const webhookIds = (task: string) =>
  receiver.received
    .filter(({ body, headers }) => {
      const { data } = new Webhook(WEBHOOK_SECRET).verify(body, headers) as { data: Task };
      return data.id === task;
    })
    .map(({ headers }) => headers["webhook-id"]);

/** Polled: a stream that was open when the primary died may have shown what nobody knows any more. */
async function ended(task: string): Promise<Task> {
  const read = async () => {
    const response = await system.call(`/v1/tasks/${task}`);
    return response.status === 200 ? ((await response.json()) as Task) : undefined;
  };
  await expect
    .poll(async () => (await read())?.status, { ...PATIENCE, message: task })
    .toMatch(/^(completed|stopped|failed|cancelled)$/);
  return getTask(system, task);
}

/** One call of `look` for each turn but the last. Ids are fixed, so that a turn asked again is the same request. */
async function scriptLooks(word: string, looks: number, latencyMs: number): Promise<void> {
  const turns = Array.from({ length: looks }, (_, n) => ({ tool: "look", id: `look_${n}`, input: { n } }));
  await scriptReplies(system, word, [...turns, "It is seen."], { latency_ms: latencyMs });
}

/** How often each turn of the task was asked of the model. */
async function timesAsked(word: string): Promise<number[]> {
  const asked = Map.groupBy(await ledgerOf(system, word), (entry) => entry.request_hash);
  return [...asked.values()].map((entries) => entries.length);
}

/** Until the task's journal on the primary has so many events of the type. */
async function untilSeen(task: string, type: string, count = 1): Promise<void> {
  let seen = 0;
  for await (const event of follow(system, task)) if (event.type === type && ++seen === count) return;
  throw new Error(`${task} ended with ${seen} ${type}`);
}

describe("while the primary lives", () => {
  it("a write runs only when a replica knows that it was begun", async () => {
    await scriptStory(system, "watched.", 300);
    const { id } = await submit(system, { input: "watched.", agent: "story" });
    await untilSeen(id, "tool.completed", 2);
    await redis.caughtUp();
    redis.holdLink();
    const clients = async () => String(await redis.primary().store.redis.client("LIST"));
    await expect.poll(clients, { timeout: 5000, interval: 5 }).toMatch(/flags=b[^\n]* cmd=wait/);
    const begun = (await readJournal(redis.primary().store, TENANT, id)).findLast(
      ({ type }) => type === "tool.started",
    );
    expect(begun?.data).toMatchObject({ tool: "send", effect: "write" });
    const replicated = async () => (await readJournal(redis.replica().store, TENANT, id)).length;
    expect(await replicated()).toBeLessThan(begun?.seq ?? 0);
    expect(await sent(id)).toEqual([]);
    redis.releaseLink();
    await expect.poll(() => sent(id), PATIENCE).toHaveLength(1);
    expect(await replicated()).toBeGreaterThanOrEqual(begun?.seq ?? 0);
    expect(await ended(id)).toMatchObject({ status: "completed", attempts: 1 });
    expect(unacknowledged()).toEqual([]);
  });
});

describe("a failover under load", () => {
  const words = Array.from({ length: 12 }, (_, i) => `loaded-${i}.`);
  let tasks: { id: string; word: string }[] = [];

  const request = (word: string) => ({
    method: "POST",
    headers: { "idempotency-key": word },
    body: JSON.stringify({ input: word, agent: "story", webhook_url: receiver.url }),
  });

  /** What a caller does who was not answered: the same request again, under the same key. */
  async function insist(word: string): Promise<{ id: string; word: string }> {
    const submitted = async () => {
      const response = await system.call("/v1/tasks", request(word));
      expect([202, 503]).toContain(response.status);
      return response.status === 202 ? ((await response.json()) as Task).id : undefined;
    };
    return { id: await vi.waitUntil(submitted, PATIENCE), word };
  }

  beforeAll(async () => {
    // Some are at their first turn, some at their last, when it happens.
    await Promise.all(words.map((word, i) => scriptStory(system, word, 30 + 40 * i)));
    tasks = await Promise.all(words.map(insist));
    await redis.caughtUp();
    await receiver.nth(2);
    await redis.killPrimary();
    const late = Array.from({ length: 3 }, (_, i) => `late-${i}.`);
    await Promise.all(late.map((word) => scriptStory(system, word, 5)));
    const insisting = late.map(insist);
    await redis.pointToReplica();
    await redis.promote();
    tasks.push(...(await Promise.all(insisting)));
  }, 40_000);

  it("loses no task that the replica knew, and none that was sent again until it was answered", async () => {
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(15);
    for (const { id } of tasks) {
      expect(await ended(id)).toMatchObject({ status: "completed", result: { text: "The story is told." } });
      const types = await typesIn(redis.primary().store, id);
      expect(types.filter((type) => type === "model.responded")).toHaveLength(4);
      await expectHeadToMatchJournal(redis.primary().store, TENANT, id);
    }
  }, 30_000);

  it("repeats no write that a replica had acknowledged, and pays for no reply more than twice", async () => {
    const unsure = unacknowledged();
    for (const { id, word } of tasks) {
      if (!unsure.includes(id)) expect((await sent(id)).length).toBeLessThanOrEqual(1);
      expect(Math.max(...(await timesAsked(word)))).toBeLessThanOrEqual(2);
    }
    expect(tasks.filter(({ id }) => !unsure.includes(id)).length).toBeGreaterThan(6);
  });

  it("answers a request that is sent again as if nothing had happened", async () => {
    for (const { id, word } of tasks) {
      const again = await system.call("/v1/tasks", request(word));
      expect(again.headers.get("idempotency-replayed")).toBe("true");
      expect(((await again.json()) as Task).id).toBe(id);
    }
  });

  it("fails no attempt: a read-only server is waited out", () => {
    const errors = system.workers.flatMap(({ lines }) => lines.filter(({ level }) => level === "error"));
    expect(errors).toEqual([]);
  });

  it("tells of every task by a signed webhook", async () => {
    for (const { id } of tasks) await expect.poll(() => webhookIds(id), PATIENCE).not.toEqual([]);
  });
});

describe("a failover to a replica that lags behind", () => {
  const looking = { agent: "story", webhook_url: receiver.url };
  // Named after what the replica knows of them when the primary dies.
  let known: Task; // two turns of it; it ended meanwhile
  let running: Task; // its claim; it runs still
  let unclaimed: Task; // its submit
  let writer: Task; // its submit
  let unknown: Task; // nothing
  let claimedAs = "";
  let claimedAgainAs = "";

  const forgettable = {
    method: "POST",
    headers: { "idempotency-key": "forgettable" },
    body: JSON.stringify({ input: "forgettable." }),
  };

  beforeAll(async () => {
    await scriptLooks("known.", 4, 500);
    await scriptLooks("running.", 3, 1500);
    await scriptLooks("unclaimed.", 2, 500);
    await scriptStory(system, "writes.", 5);
    known = await submit(system, { ...looking, input: "known." });
    await untilSeen(known.id, "model.responded", 2);
    running = await submit(system, { ...looking, input: "running." });
    await untilSeen(running.id, "model.requested");
    unclaimed = await submit(system, { ...looking, input: "unclaimed.", delay_ms: 1500 });
    writer = await submit(system, { ...looking, input: "writes.", delay_ms: 1500 });
    await redis.caughtUp();
    redis.holdLink();

    // From here on the replica learns nothing.
    const answer = await system.call("/v1/tasks", forgettable);
    expect(answer.status).toBe(202);
    unknown = (await answer.json()) as Task;
    await untilSeen(running.id, "model.responded");
    await untilSeen(unclaimed.id, "model.responded");
    claimedAs = await epochIn(redis.primary().store, unclaimed.id);
    await vi.waitUntil(async () => (await sent(writer.id)).length === 1, PATIENCE);
    await untilSeen(known.id, "task.completed");
    await vi.waitUntil(() => webhookIds(known.id).length === 1, PATIENCE);
    await redis.killPrimary();
    const replica = redis.replica().store;
    expect(await typesIn(replica, unclaimed.id)).toEqual(["task.submitted"]);
    expect(await typesIn(replica, writer.id)).toEqual(["task.submitted"]);
    expect(await typesIn(replica, running.id)).toEqual(["task.submitted", "task.started", "model.requested"]);
    await redis.pointToReplica();
    const epoch = async () => {
      const now = await epochIn(replica, unclaimed.id);
      return now === "0" ? undefined : now;
    };
    const claimedAgain = vi.waitUntil(epoch, { ...PATIENCE, interval: 5 });
    await redis.promote();
    claimedAgainAs = await claimedAgain;
  }, 40_000);

  it("does again what was forgotten, an end included, and nothing that was not", async () => {
    expect(await ended(known.id)).toMatchObject({ status: "completed", result: { text: "It is seen." } });
    const times = await timesAsked("known.");
    expect(times).toHaveLength(5);
    expect(times.slice(0, 2)).toEqual([1, 1]);
    expect(times.at(-1)).toBe(2);
    expect(Math.max(...times)).toBe(2);
    await expectHeadToMatchJournal(redis.primary().store, TENANT, known.id);
    // Nobody knows that the first end was told: the second is another one.
    await expect.poll(() => new Set(webhookIds(known.id)).size, PATIENCE).toBe(2);
  }, 30_000);

  it("takes a task from a worker whose steps were forgotten, and blames it for nothing", async () => {
    expect(await ended(running.id)).toMatchObject({ status: "completed", result: { text: "It is seen." } });
    const times = await timesAsked("running.");
    expect(times).toHaveLength(4);
    expect(times[0]).toBe(2);
    expect(Math.max(...times)).toBe(2);
    const types = await typesIn(redis.primary().store, running.id);
    expect(types.filter((type) => type === "model.responded")).toHaveLength(4);
    await expectHeadToMatchJournal(redis.primary().store, TENANT, running.id);
  }, 30_000);

  it("gives the number of a forgotten claim again, but never its epoch", async () => {
    expect(await ended(unclaimed.id)).toMatchObject({ status: "completed", attempts: 1 });
    expect(claimedAgainAs.split(".")[0]).toBe(claimedAs.split(".")[0]);
    expect(claimedAgainAs).not.toBe(claimedAs);
    const { store } = redis.primary();
    const types = await typesIn(store, unclaimed.id);
    expect(types.filter((type) => type === "model.responded")).toHaveLength(3);
    await expectHeadToMatchJournal(store, TENANT, unclaimed.id);
  });

  it("may repeat a write of which no replica knew, and the log said so", async () => {
    expect(await ended(writer.id)).toMatchObject({ status: "completed" });
    expect(unacknowledged()).toContain(writer.id);
    expect(await sent(writer.id)).toHaveLength(2);
    await expectHeadToMatchJournal(redis.primary().store, TENANT, writer.id);
  });

  it("may forget a task that was accepted, and the key under which it was", async () => {
    expect((await system.call(`/v1/tasks/${unknown.id}`)).status).toBe(404);
    const again = await system.call("/v1/tasks", forgettable);
    expect(again.headers.get("idempotency-replayed")).toBeNull();
    const { id } = (await again.json()) as Task;
    expect(id).not.toBe(unknown.id);
    expect(await ended(id)).toMatchObject({ status: "completed" });
  });
});
