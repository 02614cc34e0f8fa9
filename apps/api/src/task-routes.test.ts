import { describe, expect, it } from "vitest";
import { expectHeadToMatchJournal } from "../../../test/support/head.ts";
import { ownApi, work } from "./own-api.fixture.ts";

const api = await ownApi();
const { store } = api;
const post = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
  api.call(path, body === undefined ? { method: "POST", headers } : { body, headers });

describe("GET /v1/tasks", () => {
  it("lists newest first, page by page, each task once", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) ids.unshift(await api.submit({ feature: "pages" }));
    const seen: string[] = [];
    let cursor = "";
    do {
      const page = (await api.call(`/v1/tasks?feature=pages&limit=2${cursor}`)).body;
      seen.push(...page.data.map(({ id }: { id: string }) => id));
      expect(page.data.length).toBeLessThanOrEqual(2);
      cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
    } while (cursor !== "");
    expect(seen).toEqual([...ids].sort().reverse());
  });

  it("filters by every label, and by several at once", async () => {
    const labels = { user: "u 1&2", feature: "fé", session_id: "s/1" };
    const mine = await api.submit({ ...labels, agent: "frugal" });
    await api.submit({ ...labels, user: "u2" });
    await (await work(store, "default", mine)).stop("max_turns");
    const query = new URLSearchParams({
      ...labels,
      agent: "frugal",
      status: "stopped",
      stop_reason: "max_turns",
    });
    for (const [name, value] of query) {
      const found = (await api.call(`/v1/tasks?${new URLSearchParams({ [name]: value })}`)).body.data;
      expect(found.map(({ id }: { id: string }) => id)).toContain(mine);
    }
    expect((await api.call(`/v1/tasks?${query}`)).body.data).toMatchObject([{ id: mine, status: "stopped" }]);
    query.set("status", "queued");
    expect((await api.call(`/v1/tasks?${query}`)).body).toEqual({ data: [], next_cursor: null });
  });

  it("answers HEAD", async () => {
    expect(await api.call("/v1/tasks", { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
  });
});

describe("cancel", () => {
  it("ends a task at once, and says the same when asked again", async () => {
    const id = await api.submit();
    const worker = await work(store, "default", id);
    const first = await post(`/v1/tasks/${id}/cancel`);
    expect(first).toMatchObject({ status: 200, body: { id, status: "cancelled", stop_reason: "cancelled" } });
    expect(await post(`/v1/tasks/${id}/cancel`, {})).toMatchObject({ status: 200, body: first.body });
    expect(await worker.complete()).toEqual({ kind: "fenced" });
    await expectHeadToMatchJournal(store, "default", id);
  });

  it("is too late for a task that has ended otherwise", async () => {
    const id = await api.submit();
    await (await work(store, "default", id)).complete();
    const answer = await post(`/v1/tasks/${id}/cancel`);
    expect(answer).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(answer.body.detail).toContain("completed");
  });

  it("queues the webhook of its task", async () => {
    const id = await api.submit({ webhook_url: "https://example.com/hook" });
    await post(`/v1/tasks/${id}/cancel`);
    const [delivery] = (await api.call(`/v1/deliveries?task=${id}`)).body.data;
    const jobs = await store.queues.webhooks.getJobs(["waiting"]);
    expect(jobs.map(({ data }) => data)).toContainEqual({ tenant: "default", delivery: delivery.id, try: 0 });
  });
});

describe("resume", () => {
  const stopped = async (
    reason: "max_turns" | "budget_reached" | "deadline" | "loop_detected" | "refusal",
  ) => {
    const id = await api.submit();
    await (await work(store, "default", id)).stop(reason);
    return id;
  };

  it.each([
    ["max_turns", { max_turns: 51 }, { max_turns: 50 }],
    ["budget_reached", { max_cost_usd: 0.6 }, { max_cost_usd: 0.5, max_turns: 99 }],
    ["deadline", { timeout_ms: 3_600_001 }, { timeout_ms: 60_000 }],
  ] as const)("after %s needs that very limit raised", async (reason, raised, notRaised) => {
    const id = await stopped(reason);
    expect(await post(`/v1/tasks/${id}/resume`)).toMatchObject({ status: 409, body: { code: "conflict" } });
    const refused = await post(`/v1/tasks/${id}/resume`, { budget: notRaised });
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain(`budget.${Object.keys(raised)[0]}`);
    const resumed = await post(`/v1/tasks/${id}/resume`, { budget: raised });
    expect(resumed).toMatchObject({
      status: 202,
      body: { id, status: "queued", stop_reason: null, budget: raised },
    });
    expect(resumed.headers.get("location")).toBe(`/v1/tasks/${id}`);
    expect(await store.queues.normal.getJob(`${id}.2`)).toBeDefined();
    await expectHeadToMatchJournal(store, "default", id);
  });

  it("after a loop or a failure needs nothing", async () => {
    expect((await post(`/v1/tasks/${await stopped("loop_detected")}/resume`)).status).toBe(202);
    const failed = await api.submit();
    await (await work(store, "default", failed)).fail();
    expect(await post(`/v1/tasks/${failed}/resume`, {})).toMatchObject({
      status: 202,
      body: { error: null },
    });
  });

  it("is refused where the reason forbids it, or the task has not stopped", async () => {
    expect((await post(`/v1/tasks/${await stopped("refusal")}/resume`)).status).toBe(409);
    const live = await api.submit();
    expect((await post(`/v1/tasks/${live}/resume`)).status).toBe(409);
    await post(`/v1/tasks/${live}/cancel`);
    expect((await post(`/v1/tasks/${live}/resume`)).status).toBe(409);
  });

  it("happens once, however many ask at once", async () => {
    const id = await stopped("loop_detected");
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(`/v1/tasks/${id}/resume`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(7).fill(409)]);
    await expectHeadToMatchJournal(store, "default", id);
  });

  it("happens once for one Idempotency-Key, even after the task has stopped again", async () => {
    const id = await stopped("loop_detected");
    const again = () => post(`/v1/tasks/${id}/resume`, undefined, { "idempotency-key": "r1" });
    expect((await again()).headers.get("idempotency-replayed")).toBeNull();
    const replay = await again();
    expect(replay.status).toBe(202);
    expect(replay.headers.get("idempotency-replayed")).toBe("true");
    await (await work(store, "default", id, 2)).stop("loop_detected");
    expect(await again()).toMatchObject({ status: 202, body: { status: "stopped" } });
    expect(await post(`/v1/tasks/${id}/resume`, undefined, { "idempotency-key": "r2" })).toMatchObject({
      status: 202,
      body: { status: "queued" },
    });
  });
});

describe("a key of the caller's", () => {
  it("is not used up by a resume that was refused", async () => {
    const id = await api.submit();
    await (await work(store, "default", id)).stop("max_turns");
    const headers = { "idempotency-key": "later" };
    expect((await post(`/v1/tasks/${id}/resume`, {}, headers)).status).toBe(409);
    const raised = await post(`/v1/tasks/${id}/resume`, { budget: { max_turns: 60 } }, headers);
    expect(raised.status).toBe(202);
    expect(raised.headers.get("idempotency-replayed")).toBeNull();
  });
});
