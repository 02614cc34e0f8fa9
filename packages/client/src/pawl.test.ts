import { describe, expect, it } from "vitest";
import { ADMIN_KEY, ownApi, work } from "../../../apps/api/src/own-api.fixture.ts";
import { createPawl, PawlError } from "./index.ts";

const api = await ownApi();
const pawl = createPawl({ baseUrl: `${api.url}/`, apiKey: ADMIN_KEY });

/** Requests pass to the real API, but what `lose` says is lost: on its way there, or the answer on its way back. */
function lossy(lose: (n: number, request: Request) => "request" | "answer" | Response | undefined) {
  const seen: Request[] = [];
  const lossyFetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    seen.push(request.clone());
    const fate = lose(seen.length, request);
    if (fate instanceof Response) return fate;
    if (fate === "request") throw new TypeError("fetch failed");
    const response = await fetch(request);
    if (fate !== "answer") return response;
    await response.text();
    throw new TypeError("terminated");
  };
  return { pawl: createPawl({ baseUrl: api.url, apiKey: ADMIN_KEY, fetch: lossyFetch }), seen };
}

async function ended(options: { user?: string } = {}): Promise<string> {
  const { id } = await pawl.submit({ input: "x", ...options });
  await (await work(api.store, "default", id)).complete("the answer");
  return id;
}

describe("submitting", () => {
  it("makes one task, however often the answer is lost", async () => {
    const { pawl, seen } = lossy((n) => (n <= 3 ? "answer" : undefined));
    const task = await pawl.submit({ input: "once", user: "lossy-1" });
    expect(task).toMatchObject({ status: "queued", user: "lossy-1" });
    expect(seen).toHaveLength(4);
    expect(new Set(seen.map(({ headers }) => headers.get("idempotency-key"))).size).toBe(1);
    expect(await Array.fromAsync(pawl.tasks({ user: "lossy-1" }))).toMatchObject([{ id: task.id }]);
  });

  it("repeats under the caller's own key across clients", async () => {
    const keyed = { idempotencyKey: "mine" };
    const first = await pawl.submit({ input: "x" }, keyed);
    const second = await createPawl({ baseUrl: api.url, apiKey: ADMIN_KEY }).submit({ input: "x" }, keyed);
    expect(second.id).toBe(first.id);
    await expect(pawl.submit({ input: "y" }, keyed)).rejects.toMatchObject({
      code: "idempotency_mismatch",
      status: 422,
    });
  });

  it("waits for the end where it is asked to", async () => {
    const submitting = pawl.submit({ input: "x", user: "awaited" }, { waitS: 20 });
    await expect.poll(() => Array.fromAsync(pawl.tasks({ user: "awaited" }))).toHaveLength(1);
    const [task] = await Array.fromAsync(pawl.tasks({ user: "awaited" }));
    await (await work(api.store, "default", task?.id ?? "")).complete("done");
    expect(await submitting).toMatchObject({ status: "completed", result: { text: "done" } });
  });

  it("goes on asking while the first request with its key is being answered", async () => {
    const codes: number[] = [];
    const hasty: typeof fetch = async (input, init) => {
      const answering = fetch(input, init);
      if (codes.length === 0) {
        // The task is there and its answer is waited for: then the wire breaks.
        await expect.poll(() => Array.fromAsync(pawl.tasks({ user: "busy" }))).toHaveLength(1);
        codes.push(0);
        answering.catch(() => {});
        throw new TypeError("fetch failed");
      }
      const response = await answering;
      codes.push(response.status);
      return response;
    };
    const own = createPawl({ baseUrl: api.url, apiKey: ADMIN_KEY, fetch: hasty });
    expect(await own.submit({ input: "x", user: "busy" }, { waitS: 2 })).toMatchObject({ user: "busy" });
    expect(codes).toContain(409);
    expect(codes.at(-1)).toBe(202);
    expect(await Array.fromAsync(pawl.tasks({ user: "busy" }))).toHaveLength(1);
  });
});

describe("an error", () => {
  it("tells every fault of a request, and which request it was", async () => {
    const error = await pawl
      .submit({ input: "", budget: { max_turns: -1 } }, { idempotencyKey: "e1" })
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(PawlError);
    expect(error).toMatchObject({
      name: "PawlError",
      code: "invalid_request",
      status: 400,
      requestId: expect.stringMatching(/^req_/),
      errors: expect.arrayContaining([{ pointer: "/budget/max_turns", message: expect.any(String) }]),
    });
  });

  it("of a key or of what is not there is not repeated", async () => {
    const stranger = createPawl({ baseUrl: api.url, apiKey: "nobody" });
    await expect(stranger.me()).rejects.toMatchObject({ code: "unauthorized", status: 401 });
    const { pawl, seen } = lossy(() => undefined);
    await expect(pawl.get("task_00000000000000000000000000")).rejects.toMatchObject({ code: "not_found" });
    expect(seen).toHaveLength(1);
  });

  it("of a proxy is one, too, and is repeated where that is safe", async () => {
    const page = () => new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "retry-after": "0" } });
    const { pawl, seen } = lossy((n) => (n === 1 ? page() : undefined));
    expect(await pawl.me()).toMatchObject({ tenant: "default" });
    expect(seen).toHaveLength(2);
    const unsafe = lossy(page);
    await expect(unsafe.pawl.createApiKey({ tenant: "t" })).rejects.toMatchObject({
      code: "unexpected_answer",
      status: 502,
    });
    expect(unsafe.seen).toHaveLength(1);
  });

  it("is thrown once the tries are used up, with its cause", async () => {
    const { pawl, seen } = lossy(() => "request");
    const hurried = createPawl({
      baseUrl: api.url,
      maxRetries: 1,
      fetch: () => Promise.reject(new TypeError("fetch failed")),
    });
    await expect(hurried.me()).rejects.toMatchObject({
      code: "connection_failed",
      status: null,
      cause: expect.any(TypeError),
    });
    await expect(pawl.createApiKey({ tenant: "t" })).rejects.toMatchObject({ code: "connection_failed" });
    expect(seen).toHaveLength(1);
  });

  it("of time is told from one of the wire", async () => {
    const never: typeof fetch = (_input, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      });
    const slow = createPawl({ baseUrl: api.url, fetch: never, timeoutMs: 10, maxRetries: 0 });
    await expect(slow.me()).rejects.toMatchObject({ code: "timeout", status: null });
  });

  it("of a spent budget is not waited for", async () => {
    await pawl.setBudget("user", "spent", { window: "day", limit_usd: 0 });
    const { pawl: counted, seen } = lossy(() => undefined);
    await expect(counted.submit({ input: "x", user: "spent" })).rejects.toMatchObject({
      code: "budget_exhausted",
      retryAfterMs: expect.any(Number),
    });
    expect(seen).toHaveLength(1);
  });
});

describe("a signal", () => {
  const reason = new Error("enough");

  it("ends every kind of call with its reason", async () => {
    const { id } = await pawl.submit({ input: "x" });
    const aborted = AbortSignal.abort(reason);
    await expect(pawl.get(id, { signal: aborted })).rejects.toBe(reason);
    await expect(pawl.submit({ input: "x" }, { signal: aborted })).rejects.toBe(reason);
    await expect(Array.fromAsync(pawl.tasks({}, { signal: aborted }))).rejects.toBe(reason);
    await expect(Array.fromAsync(pawl.stream(id, { signal: aborted }))).rejects.toBe(reason);
    await expect(pawl.wait(id, { signal: aborted })).rejects.toBe(reason);
  });

  it("ends a stream that is waiting for what comes next", async () => {
    const { id } = await pawl.submit({ input: "x" });
    const control = new AbortController();
    const stream = pawl.stream(id, { signal: control.signal });
    expect((await stream.next()).value).toMatchObject({ seq: 1, type: "task.submitted" });
    const next = stream.next();
    control.abort(reason);
    await expect(next).rejects.toBe(reason);
  });

  it("ends the pause before another try", async () => {
    const control = new AbortController();
    const { pawl } = lossy(() => {
      setTimeout(() => control.abort(reason), 5);
      return new Response("", { status: 503, headers: { "retry-after": "30" } });
    });
    await expect(pawl.me({ signal: control.signal })).rejects.toBe(reason);
  });
});

describe("tasks", () => {
  it("are walked through page by page, none missed, none twice", async () => {
    const made = await Promise.all(
      Array.from({ length: 7 }, () => pawl.submit({ input: "x", user: "walker" })),
    );
    const { pawl: counted, seen } = lossy(() => undefined);
    const walked = await Array.fromAsync(counted.tasks({ user: "walker" }, { limit: 3 }));
    expect(walked.map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort());
    expect(seen).toHaveLength(3);
    const first = await pawl.tasks({ user: "walker" }, { limit: 3 }).page();
    const second = await pawl.tasks({ user: "walker" }, { limit: 3 }).page(first.next_cursor);
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(
      walked.slice(0, 6).map(({ id }) => id),
    );
  });

  it("are got, waited for, cancelled and resumed", async () => {
    const { id } = await pawl.submit({ input: "x" });
    expect((await pawl.get(id)).status).toBe("queued");
    const waiting = pawl.wait(id);
    const hands = await work(api.store, "default", id);
    await hands.stop("loop_detected");
    expect(await waiting).toMatchObject({ status: "stopped", stop_reason: "loop_detected" });
    const resumed = await pawl.resume(id, {}, { idempotencyKey: "again" });
    expect(resumed.status).toBe("queued");
    expect((await pawl.resume(id, {}, { idempotencyKey: "again" })).id).toBe(id);
    expect((await pawl.cancel(id)).status).toBe("cancelled");
    expect((await pawl.cancel(id)).status).toBe("cancelled");
    await expect(pawl.cancel(await ended())).rejects.toMatchObject({ code: "conflict", status: 409 });
  });

  it("show their events, all of them or those after one", async () => {
    const id = await ended();
    const all = await Array.fromAsync(pawl.events(id, { limit: 2 }));
    expect(all.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(await Array.fromAsync(pawl.events(id, { after: 2, limit: 1 }))).toEqual(all.slice(2));
    expect((await pawl.run({ input: "x" }, { signal: AbortSignal.timeout(1) }).catch((e) => e)).name).toBe(
      "TimeoutError",
    );
  });
});

describe("what else there is", () => {
  it("is money", async () => {
    const [day] = await pawl.setBudget("user", "a/b", { window: "day", limit_usd: 2 });
    expect(day).toMatchObject({ limit_usd: 2, source: "set" });
    expect(await pawl.budget("user", "a/b")).toEqual([day]);
    expect(await Array.fromAsync(pawl.budgets())).toContainEqual({
      scope: "user",
      id: "a/b",
      windows: [day],
    });
    expect(await pawl.removeBudget("user", "a/b", "day")).toMatchObject([{ source: "config" }]);
    const usage = pawl.usage({ group_by: ["user", "model"] }, { limit: 5 });
    expect(await usage.page()).toMatchObject({ data: [], next_cursor: null, total: { cost_usd: 0 } });
  });

  it("is webhooks", async () => {
    const { id } = await pawl.submit({ input: "x", webhook_url: "https://hooks.internal/x" });
    await (await work(api.store, "default", id)).complete();
    const [delivery] = await Array.fromAsync(pawl.deliveries({ task: id }));
    expect(delivery).toMatchObject({ task_id: id, type: "task.completed" });
    expect(await pawl.delivery(delivery?.id ?? "")).toEqual(delivery);
    expect(await pawl.redeliver(delivery?.id ?? "")).toMatchObject({ id: delivery?.id, state: "pending" });
  });

  it("is what the guards say of a text", async () => {
    const verdict = await pawl.checkText({ text: "Write to ann@example.com.", direction: "output" });
    expect(verdict).toMatchObject({ action: expect.any(String), findings: expect.any(Array) });
  });

  it("is running it", async () => {
    expect(await Array.fromAsync(pawl.agents())).toContainEqual(expect.objectContaining({ name: "default" }));
    expect((await pawl.overview()).tasks.queued).toBeGreaterThan(0);
    expect(await Array.fromAsync(pawl.queues())).toHaveLength(5);
    expect(await Array.fromAsync(pawl.workers())).toEqual([]);
    expect(await pawl.me()).toMatchObject({ is_operator: true });
    const { key, id } = await pawl.createApiKey({ tenant: "made", name: "n" });
    expect(await createPawl({ baseUrl: api.url, apiKey: key }).me()).toMatchObject({ tenant: "made" });
    expect(await Array.fromAsync(pawl.apiKeys({ tenant: "made" }))).toMatchObject([{ id, name: "n" }]);
    expect(await pawl.deleteApiKey(id)).toBeUndefined();
    await expect(pawl.deleteApiKey(id)).rejects.toMatchObject({ code: "not_found" });
  });
});
