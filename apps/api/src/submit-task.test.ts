import { newId } from "@pawl/protocol";
import { key, publishText, readJournal, submitTask } from "@pawl/store";
import { describe, expect, it } from "vitest";
import { terms } from "../../../test/support/store.ts";
import { submission } from "../../../test/support/submission.ts";
import { ownApi, work } from "./own-api.fixture.ts";

const api = await ownApi();
const { store } = api;

async function submittedData(id: string) {
  const [event] = await readJournal(store, "default", id);
  if (event?.type !== "task.submitted") throw new Error("not submitted");
  return event.data;
}

describe("a submitted task", () => {
  it("is answered with 202, itself and its address, and waits in the queue", async () => {
    const answer = await api.call("/v1/tasks", { body: { input: "hello" } });
    const { id } = answer.body;
    expect(answer.status).toBe(202);
    expect(answer.headers.get("location")).toBe(`/v1/tasks/${id}`);
    expect(answer.body).toMatchObject({ id, job_id: id, status: "queued", agent: "default", metadata: {} });
    expect((await api.call(`/v1/tasks/${id}`)).body).toEqual(answer.body);
    expect((await store.queues.normal.getJob(`${id}.1`))?.data).toEqual({
      tenant: "default",
      task: id,
      leg: 1,
    });
    expect(await store.redis.zscore(key("default", "owed"), `${id}.1`)).toBeNull();
  });

  it("chooses the model of an auto task by its size and form, and writes down why", async () => {
    const id = await api.submit({ input: "What time is it?", model: "auto", tools: ["current_time"] });
    const [first] = await readJournal(api.store, "default", id);
    if (first?.type !== "task.submitted") throw new Error("not submitted");
    expect(first.data).toMatchObject({ model: "claude-haiku-5-5", routed: { tier: "light" } });
    expect(first.data.routed?.reason).not.toBe("");
    expect(first.data.definition.tiers).toBeDefined();
  });

  it("has its agent's definition pinned, and narrowed to the tools it names", async () => {
    const whole = await submittedData(await api.submit());
    const id = await api.submit({ tools: ["current_time"], model: "claude-haiku-5-5" });
    const data = await submittedData(id);
    expect(data.definition.tools.map(({ name }) => name)).toEqual(["current_time"]);
    expect(data.definition.system).toMatch(/^SYSTEM-PROMPT\n/);
    expect(data.model).toBe("claude-haiku-5-5");
    expect(data.agent_version).toBe(whole.agent_version);
    expect((await submittedData(await api.submit({ tools: [] }))).definition.tools).toEqual([]);
  });

  it("takes the limits that it does not name from its agent, then from the system", async () => {
    const answer = await api.call("/v1/tasks", {
      body: { input: "x", agent: "frugal", budget: { max_turns: 7 } },
    });
    expect(answer.body.budget).toEqual({
      max_cost_usd: 0.01,
      max_tokens: 500_000,
      max_turns: 7,
      max_tool_calls: 200,
      timeout_ms: 3_600_000,
    });
  });

  it("keeps what its caller calls it", async () => {
    const labels = { user: "u", feature: "f", session_id: "s", metadata: { a: [1, null, { b: "ü" }] } };
    expect((await api.call("/v1/tasks", { body: { input: "x", ...labels } })).body).toMatchObject(labels);
  });

  it("may bring documents, a webhook, a priority and its number of attempts", async () => {
    const documents = [{ name: "a.txt", media_type: "text/plain", text: "A" }];
    const id = await api.submit({
      input: { text: "read", documents },
      webhook_url: "https://example.com/hook",
      priority: "high",
      max_attempts: 2,
    });
    expect(await submittedData(id)).toMatchObject({
      input: { text: "read", documents },
      webhook_url: "https://example.com/hook",
      priority: "high",
      max_attempts: 2,
    });
  });

  it.each([
    ["delay_ms", () => ({ delay_ms: 60_000 })],
    ["run_at", () => ({ run_at: new Date(Date.now() + 60_000).toISOString() })],
  ])("with %s waits for its time outside the queue", async (_name, when) => {
    const answer = await api.call("/v1/tasks", { body: { input: "x", ...when() } });
    expect(answer.body).toMatchObject({ status: "waiting", waiting_for: "timer" });
    expect(await store.queues.normal.getJob(`${answer.body.id}.1`)).toBeUndefined();
    const { delay_ms } = await submittedData(answer.body.id);
    expect(delay_ms).toBeGreaterThan(55_000);
    expect(delay_ms).toBeLessThanOrEqual(60_000);
  });

  it.each([{ delay_ms: 0 }, { run_at: "2001-01-01T00:00:00+02:00" }])(
    "is queued at once with %j",
    async (when) => {
      const id = await api.submit(when);
      expect((await submittedData(id)).delay_ms).toBeNull();
      expect(await store.queues.normal.getJob(`${id}.1`)).toBeDefined();
    },
  );
});

describe("Idempotency-Key", () => {
  const send = (idempotencyKey: string, body: unknown, headers: Record<string, string> = {}) =>
    api.call("/v1/tasks", { body, headers: { "idempotency-key": idempotencyKey, ...headers } });

  it("gives the first answer again, whatever became of the task since", async () => {
    const first = await send("again", { input: "x", metadata: { a: 1, b: 2 } });
    const worker = await work(store, "default", first.body.id);
    await worker.complete();
    const second = await send("again", { metadata: { b: 2, a: 1 }, input: "x" });
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(second.status).toBe(202);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
  });

  it("makes one task of many requests at once", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send("at once", { input: "x" })));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const replayed = answers.filter(({ headers }) => headers.get("idempotency-replayed") === "true");
    expect(replayed).toHaveLength(19);
  });

  it("is refused with another body", async () => {
    await send("other", { input: "x" });
    const answer = await send("other", { input: "y" });
    expect(answer).toMatchObject({ status: 422, body: { code: "idempotency_mismatch" } });
  });

  it("is not used up by a request that was refused", async () => {
    expect((await send("refused", { input: "" })).status).toBe(400);
    expect((await send("refused", { input: "x" })).status).toBe(202);
  });

  it("is each tenant's own", async () => {
    const other = await api.keyFor("other");
    const mine = await send("shared", { input: "x" });
    const theirs = await send("shared", { input: "y" }, { authorization: `Bearer ${other}` });
    expect(theirs.status).toBe(202);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  it("is in progress while the first request waits, and then gives that request's answer", async () => {
    const started = Promise.withResolvers<string>();
    const first = send("waiting", { input: "x", user: "waits" }, { prefer: "wait=30" });
    const find = async () => {
      const id = (await api.call("/v1/tasks?user=waits")).body.data[0]?.id;
      if (id !== undefined) started.resolve(id);
      return id;
    };
    await expect.poll(find).toBeDefined();
    const busy = await send("waiting", { input: "x", user: "waits" });
    expect(busy).toMatchObject({ status: 409, body: { code: "request_in_progress" } });
    expect(busy.headers.get("retry-after")).toBe("1");
    await (await work(store, "default", await started.promise)).complete("42");
    const answer = await first;
    const replay = await send("waiting", { input: "x", user: "waits" });
    expect(answer).toMatchObject({ status: 200, body: { status: "completed", result: { text: "42" } } });
    expect(replay).toMatchObject({ status: 200, body: answer.body });
    expect(replay.headers.get("idempotency-replayed")).toBe("true");
  });

  it("gives a task whose api was lost before it could answer", async () => {
    const task = newId("task", Date.now());
    const first = await send("lost", { input: "x" });
    expect(first.status).toBe(202);
    const record = await store.redis.hgetall(key("default", "idempotency", "POST /v1/tasks:lost"));
    expect(record.answer).toBeUndefined();
    // The same record as a process leaves behind that dies between the script and its answer.
    const idempotency = { key: "POST /v1/tasks:dead", digest: record.digest ?? "", busyMs: 0 };
    await submitTask(store, {
      tenant: "default",
      task,
      data: submission(),
      terms: terms(),
      leastNanoUsd: 0,
      idempotency,
    });
    expect(await send("dead", { input: "x" })).toMatchObject({
      status: 202,
      body: { id: task, status: "queued" },
    });
  });
});

describe("Prefer: wait", () => {
  it("answers 200 with the finished task", async () => {
    const waiting = api.call("/v1/tasks", {
      body: { input: "x", user: "w1" },
      headers: { prefer: "wait=30" },
    });
    const id = await expect
      .poll(async () => (await api.call("/v1/tasks?user=w1")).body.data[0]?.id)
      .toBeDefined()
      .then(async () => (await api.call("/v1/tasks?user=w1")).body.data[0].id);
    const worker = await work(store, "default", id);
    await worker.say("almost");
    await worker.complete("here it is");
    const answer = await waiting;
    expect(answer).toMatchObject({
      status: 200,
      body: { id, status: "completed", result: { text: "here it is" } },
    });
    expect(answer.headers.get("preference-applied")).toBe("wait=30");
  });

  it("answers 202 with the task as it is when the time is over", async () => {
    const answer = await api.call("/v1/tasks", {
      body: { input: "x" },
      headers: { prefer: "respond-async, wait=1" },
    });
    expect(answer).toMatchObject({ status: 202, body: { status: "queued" } });
    expect(answer.headers.get("preference-applied")).toBe("wait=1");
  });

  it.each([["wait"], ["wait=x"], ["wait=-1"], ["wait=1.5"], ["handling=lenient"]])(
    "%s is ignored",
    async (prefer) => {
      const answer = await api.call("/v1/tasks", { body: { input: "x" }, headers: { prefer } });
      expect(answer.status).toBe(202);
      expect(answer.headers.get("preference-applied")).toBeNull();
    },
  );

  it("waits a minute at most", async () => {
    const abort = new AbortController();
    const waiting = api.call("/v1/tasks", {
      body: { input: "x", user: "long" },
      headers: { prefer: "wait=999999999" },
      signal: abort.signal,
    });
    await expect.poll(async () => (await api.call("/v1/tasks?user=long")).body.data.length).toBe(1);
    await api.call(`/v1/tasks/${(await api.call("/v1/tasks?user=long")).body.data[0].id}/cancel`, {
      method: "POST",
    });
    const answer = await waiting;
    expect(answer).toMatchObject({ status: 200, body: { status: "cancelled" } });
    expect(answer.headers.get("preference-applied")).toBe("wait=60");
  });

  it("stops when the caller hangs up, and keeps an answer for his next try", async () => {
    const abort = new AbortController();
    const headers = { prefer: "wait=60", "idempotency-key": "hang up" };
    const waiting = api.call("/v1/tasks", {
      body: { input: "x", user: "gone" },
      headers,
      signal: abort.signal,
    });
    waiting.catch(() => {});
    await expect.poll(async () => (await api.call("/v1/tasks?user=gone")).body.data.length).toBe(1);
    const { id } = (await api.call("/v1/tasks?user=gone")).body.data[0];
    const channel = key("default", "notice", id);
    const followers = async () => Number((await store.redis.pubsub("NUMSUB", channel))[1]);
    await expect.poll(followers).toBe(1);
    abort.abort();
    await expect.poll(followers).toBe(0);
    const again = () => api.call("/v1/tasks", { body: { input: "x", user: "gone" }, headers });
    await expect.poll(async () => (await again()).status).toBe(202);
    expect((await again()).body.id).toBe(id);
    // Nobody follows any more: what is published is heard by none.
    await publishText(store, "default", id, "into the void");
  });
});
