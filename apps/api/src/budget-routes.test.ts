import { type WindowName, windowsAt } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { claimedTask, holding, settled } from "../../../test/support/claimed.ts";
import { terms } from "../../../test/support/store.ts";
import { type Answer, type Call, ownApi } from "./own-api.fixture.ts";

const api = await ownApi();
const put = (path: string, body: unknown, options: Call = {}) =>
  api.call(`/v1/budgets/${path}`, { method: "PUT", body, ...options });
const get = (path: string, options: Call = {}) => api.call(`/v1/budgets/${path}`, options);
const endOf = (window: WindowName) => new Date(windowsAt(Date.now(), "UTC")[window].endsAtMs).toISOString();

const untouched = { spent_usd: 0, held_usd: 0, soft_usd: null, on_exceeded: "refuse", source: "set" };
const ofEachUser = {
  ...untouched,
  source: "config",
  window: "day",
  limit_usd: 5,
  left_usd: 5,
  resets_at: endOf("day"),
};

function expectProblem(answer: Answer, status: number, pointer?: string): void {
  expect(answer).toMatchObject({ status, body: { status, detail: expect.any(String) } });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const pointers = answer.body.errors?.map((error: { pointer: string }) => error.pointer);
  if (pointer !== undefined) expect(pointers).toContain(pointer);
}

/** What a worker does with a user's money. */
async function spend(user: string, spentNanoUsd: number, heldNanoUsd: number): Promise<void> {
  const accounts = [{ scope: "user", id: user, configured: api.config.scopeLimits.user } as const];
  const over = terms({ accounts, ownLimitNanoUsd: 5_000_000_000 });
  const { step } = await claimedTask(api.store, { user }, "default");
  await step(1, { next: holding(over, "m1", spentNanoUsd) });
  await step(2, { ...settled("m1", spentNanoUsd), next: holding(over, "m2", heldNanoUsd) });
}

describe("GET /v1/budgets/{scope}/{id}", () => {
  it("shows the configured limits of who has spent nothing yet, and none where there is none", async () => {
    expect(await get("user/never")).toMatchObject({ status: 200, body: { data: [ofEachUser] } });
    for (const path of ["session/s", "feature/f", "tenant/default"]) {
      expect((await get(path)).body).toEqual({ data: [] });
    }
    expect((await get("global/global")).body.data).toMatchObject([{ window: "day", limit_usd: 1000 }]);
  });

  it("shows what is spent, held and left", async () => {
    await spend("ann", 1_250_000_001, 500_000_000);
    expect((await get("user/ann")).body.data).toEqual([
      { ...ofEachUser, spent_usd: 1.250000001, held_usd: 0.5, left_usd: 3.249999999 },
    ]);
  });
});

describe("PUT /v1/budgets/{scope}/{id}", () => {
  it("sets one window's limit, answers like GET, and leaves the others", async () => {
    const month = { window: "month", limit_usd: 12.5, soft_usd: 10, on_exceeded: "wait" };
    const answer = await put("user/bob", month);
    const shown = { ...untouched, ...month, left_usd: 12.5, resets_at: endOf("month") };
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.body).toEqual({ data: [ofEachUser, shown] });
    expect((await get("user/bob")).body).toEqual(answer.body);
    const replaced = await put("user/bob", { window: "month", limit_usd: 0.000000001 });
    expect(replaced.body.data[1]).toMatchObject({ limit_usd: 1e-9, soft_usd: null, on_exceeded: "refuse" });
    const total = await put("user/bob", { window: "total", limit_usd: 1_000_000 });
    expect(total.body.data).toHaveLength(3);
    expect(total.body.data[2]).toMatchObject({ limit_usd: 1_000_000, resets_at: null });
  });

  it("may go below what is spent and held; what is left is never negative", async () => {
    await spend("cay", 2_000_000_000, 1_000_000_000);
    const answer = await put("user/cay", { window: "day", limit_usd: 0.5 });
    expect(answer.body.data).toEqual([
      { ...ofEachUser, source: "set", limit_usd: 0.5, spent_usd: 2, held_usd: 1, left_usd: 0 },
    ]);
    const refused = await api.call("/v1/tasks", { body: { input: "x", user: "cay" } });
    expectProblem(refused, 429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await put("user/cay", { window: "day", limit_usd: 10 });
    expect((await api.call("/v1/tasks", { body: { input: "x", user: "cay" } })).status).toBe(202);
  });

  it("of nothing lets nobody in", async () => {
    expect((await put("feature/off", { window: "total", limit_usd: 0 })).body.data).toMatchObject([
      { limit_usd: 0, left_usd: 0 },
    ]);
    expectProblem(await api.call("/v1/tasks", { body: { input: "x", feature: "off" } }), 429);
  });

  it("brings those who wait for the money back into the queue", async () => {
    await put("user/dee", { window: "total", limit_usd: 1e-7 });
    const over = terms({ accounts: [{ scope: "user", id: "dee", configured: {} }] });
    const [first, second] = [
      await claimedTask(api.store, { user: "dee" }, "default"),
      await claimedTask(api.store, { user: "dee" }, "default"),
    ];
    await first.step(1, { next: holding(over, "m1", 90) });
    expect(await second.step(1, { next: holding(over, "m1", 80) })).toMatchObject({ kind: "parked" });
    await put("user/dee", { window: "total", limit_usd: 1 });
    expect((await api.call(`/v1/tasks/${second.task}`)).body).toMatchObject({ status: "queued" });
    expect(await api.store.queues.normal.getJob(`${second.task}.2`)).toBeDefined();
  });

  it("takes ids as they are, whatever is in them", async () => {
    for (const id of ["a/b", "{x}:y", "sp ace", "ü𝄞", "..", "global", "x".repeat(256), "%", "__proto__"]) {
      const path = `user/${encodeURIComponent(id).replaceAll(".", "%2e")}`;
      const answer = await put(path, { window: "total", limit_usd: 3 });
      // Dots alone never leave a client: they are a way through the path.
      if (id === "..") expectProblem(answer, 405);
      else expect(answer.body.data[1], id).toMatchObject({ limit_usd: 3 });
    }
    expect((await get("user/x")).body.data).toEqual([ofEachUser]);
  });
});

describe("a budget", () => {
  it("of another tenant is not there, by whatever key; of the own tenant it is", async () => {
    const [plain, admin] = [await api.keyFor("acme"), await api.keyFor("acme", ["tasks", "admin"])];
    const limit = { window: "day", limit_usd: 1 };
    for (const key of [plain, admin]) {
      expectProblem(await get("tenant/default", { key }), 404);
      expectProblem(await put("tenant/default", limit, { key }), 404);
      expect((await put("tenant/acme", limit, { key })).body.data).toMatchObject([limit]);
    }
    expectProblem(await put("tenant/acme", limit), 404);
    await put("user/same-name", { window: "total", limit_usd: 7 }, { key: plain });
    expect((await get("user/same-name")).body.data).toEqual([ofEachUser]);
    expect(await api.store.redis.keys("*:account:tenant")).toEqual(["pawl:{acme}:account:tenant"]);
  });

  it("of all tenants together is the operator's", async () => {
    const limit = { window: "month", limit_usd: 77 };
    for (const scopes of [["tasks"], ["tasks", "admin"]]) {
      const key = await api.keyFor("acme", scopes);
      expectProblem(await get("global/global", { key }), 403);
      expectProblem(await put("global/global", limit, { key }), 403);
    }
    expect((await put("global/global", limit)).body.data).toMatchObject([{ window: "day" }, limit]);
    expectProblem(await put("global/other", limit), 404);
  });
});

describe("what is no budget is refused, and leaves nothing behind:", () => {
  const day = (members: string) => `{"window":"day",${members}}`;
  const requests: [path: string, body: unknown, status: number, pointer?: string][] = [
    ["user/z", day('"limit_usd":-1'), 400, "/limit_usd"],
    ["user/z", day('"limit_usd":NaN'), 400],
    ["user/z", day('"limit_usd":Infinity'), 400],
    ["user/z", day('"limit_usd":1e999'), 400, "/limit_usd"],
    ["user/z", day('"limit_usd":1e15'), 400, "/limit_usd"],
    ["user/z", day('"limit_usd":1000000.01'), 400, "/limit_usd"],
    ["user/z", day('"limit_usd":0.0000000001'), 400, "/limit_usd"],
    ["user/z", day('"limit_usd":1.0000000001'), 400, "/limit_usd"],
    ["user/z", day('"limit_usd":"5"'), 400, "/limit_usd"],
    ["user/z", day('"limit_usd":null'), 400, "/limit_usd"],
    ["user/z", day('"limit_usd":[5]'), 400, "/limit_usd"],
    ["user/z", day('"limit_usd":1,"soft_usd":1.5'), 400, "/soft_usd"],
    ["user/z", day('"limit_usd":1,"soft_usd":-1'), 400, "/soft_usd"],
    ["user/z", day('"limit_usd":1,"on_exceeded":"ignore"'), 400, "/on_exceeded"],
    ["user/z", day('"limit_usd":1,"limit":2'), 400, "/limit"],
    ["user/z", '{"limit_usd":1}', 400, "/window"],
    ["user/z", '{"window":"week","limit_usd":1}', 400, "/window"],
    ["user/z", '{"window":"total;day","limit_usd":1}', 400, "/window"],
    ["user/z", '{"window":"day"}', 400, "/limit_usd"],
    ["user/z", "[]", 400, ""],
    ["user/z", "", 400],
    ["user/z?window=day", day('"limit_usd":1'), 400, "/window"],
    ["team/z", day('"limit_usd":1'), 404],
    ["User/z", day('"limit_usd":1'), 404],
    ["account/z", day('"limit_usd":1'), 404],
    ["__proto__/z", day('"limit_usd":1'), 404],
    ["user/a%0Ab", day('"limit_usd":1'), 400, "/id"],
    ["user/a%00b", day('"limit_usd":1'), 400, "/id"],
    ["user/a%7Fb", day('"limit_usd":1'), 400, "/id"],
    ["user/%ff", day('"limit_usd":1'), 400],
    [`user/${"x".repeat(257)}`, day('"limit_usd":1'), 400, "/id"],
    ["user/", day('"limit_usd":1'), 404],
    ["user", day('"limit_usd":1'), 404],
    ["user/z/day", day('"limit_usd":1'), 404],
  ];
  it.each(requests)("%s %s", async (path, body, status, pointer) => {
    const before = await api.store.redis.dbsize();
    expectProblem(await put(path, body), status, pointer);
    expect(await api.store.redis.dbsize()).toBe(before);
  });

  it.each(["POST", "PATCH"])("%s, with what is served", async (method) => {
    const answer = await api.call("/v1/budgets/user/z", { method });
    expectProblem(answer, 405);
    expect(answer.headers.get("allow")).toBe("GET, HEAD, PUT, DELETE");
  });

  it("anything without a key", async () => {
    expectProblem(await put("user/z", { window: "day", limit_usd: 1 }, { key: null }), 401);
    expectProblem(await get("user/z", { key: null }), 401);
  });
});

it("no request of this file was a fault of ours, and none left an id in the log", async () => {
  const lines = await api.logged();
  expect(lines.join("\n")).not.toContain('"a request failed"');
  const set = lines.filter((line) => line.includes('"budget set"')).join("\n");
  expect(set).toContain('"scope":"user"');
  expect(set).not.toContain("same-name");
});

describe("DELETE /v1/budgets/{scope}/{id}", () => {
  const remove = (path: string, options: Call = {}) =>
    api.call(`/v1/budgets/${path}`, { method: "DELETE", ...options });

  it("brings the configured limit back, or none, and may be repeated", async () => {
    await put("user/gus", { window: "day", limit_usd: 1 });
    await put("user/gus", { window: "total", limit_usd: 3 });
    expect((await remove("user/gus?window=day")).body.data).toMatchObject([
      ofEachUser,
      { window: "total", limit_usd: 3, source: "set" },
    ]);
    for (const _again of [1, 2]) {
      expect(await remove("user/gus?window=total")).toMatchObject({
        status: 200,
        body: { data: [ofEachUser] },
      });
    }
    expect((await get("user/gus")).body.data).toEqual([ofEachUser]);
  });

  it("lets the account expire again", async () => {
    await put("user/hal", { window: "total", limit_usd: 3 });
    const [account] = await api.store.redis.keys("*account:user:hal");
    expect(await api.store.redis.pttl(account ?? "")).toBe(-1);
    await remove("user/hal?window=total");
    expect(await api.store.redis.pttl(account ?? "")).toBeGreaterThan(0);
  });

  it("brings those who wait for the money back into the queue", async () => {
    await put("user/ida", { window: "total", limit_usd: 1e-7 });
    const over = terms({ accounts: [{ scope: "user", id: "ida", configured: {} }] });
    const [first, second] = [
      await claimedTask(api.store, { user: "ida" }, "default"),
      await claimedTask(api.store, { user: "ida" }, "default"),
    ];
    await first.step(1, { next: holding(over, "m1", 90) });
    expect(await second.step(1, { next: holding(over, "m1", 80) })).toMatchObject({ kind: "parked" });
    await remove("user/ida?window=total");
    expect((await api.call(`/v1/tasks/${second.task}`)).body).toMatchObject({ status: "queued" });
  });

  it("needs to know which window, and whose", async () => {
    expectProblem(await remove("user/gus"), 400, "/window");
    expectProblem(await remove("user/gus?window=year"), 400, "/window");
    expectProblem(await remove("global/global?window=day", { key: await api.keyFor("stranger") }), 403);
  });
});

describe("GET /v1/budgets", () => {
  it("lists the budgets with a limit set by hand, in pages, to their tenant alone", async () => {
    const key = await api.keyFor("lister");
    const mine = (path: string, options: Call) => api.call(`/v1/budgets${path}`, { key, ...options });
    const ids = ["a:b", "ünï", "plain", "x".repeat(256)];
    for (const id of ids)
      await mine(`/user/${encodeURIComponent(id)}`, {
        method: "PUT",
        body: { window: "total", limit_usd: 1 },
      });
    await mine("/tenant/lister", { method: "PUT", body: { window: "month", limit_usd: 9 } });
    await mine("/feature/gone", { method: "PUT", body: { window: "month", limit_usd: 9 } });
    await mine("/feature/gone?window=month", { method: "DELETE" });

    const seen: { scope: string; id: string }[] = [];
    let cursor: string | null = "";
    for (let page = 0; cursor !== null && page < 9; page += 1) {
      const answer: Answer = await mine(`?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`, {});
      expect(answer.status).toBe(200);
      seen.push(...answer.body.data);
      cursor = answer.body.next_cursor;
    }
    expect(seen.map(({ scope, id }) => `${scope}/${id}`).sort()).toEqual(
      [...ids.map((id) => `user/${id}`), "tenant/lister"].sort(),
    );
    expect((await api.call("/v1/budgets", { key: await api.keyFor("nobody") })).body.data).toEqual([]);
  });

  it("shows the global one to the operator alone", async () => {
    await put("global/global", { window: "month", limit_usd: 900 });
    const listed = async (options: Call) =>
      (await api.call("/v1/budgets?limit=100", options)).body.data.filter(
        ({ scope }: { scope: string }) => scope === "global",
      );
    expect(await listed({})).toHaveLength(1);
    expect(await listed({ key: await api.keyFor("default") })).toEqual([]);
    await remove();
    expect(await listed({})).toEqual([]);
    async function remove() {
      await api.call("/v1/budgets/global/global?window=month", { method: "DELETE" });
    }
  });
});
