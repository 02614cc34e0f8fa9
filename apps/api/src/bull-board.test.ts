import { describe, expect, it } from "vitest";
import { ADMIN_KEY, ownApi } from "./own-api.fixture.ts";

let nowMs = Date.now();
const api = await ownApi({ nowMs: () => nowMs });
const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const form = { ...html, "content-type": "application/x-www-form-urlencoded" };
const logIn = (key: string, headers: Record<string, string> = {}) =>
  api.call("/admin/queues/login", {
    key: null,
    body: new URLSearchParams({ key }).toString(),
    headers: { ...form, ...headers },
  });
const cookieFrom = (setCookie: string | null) => setCookie?.split(";")[0] ?? "";

describe("the queue board", () => {
  it.each([
    ["/admin/queues", {}],
    ["/admin/queues/api/queues", {}],
    ["/admin/queues/static/images/logo.svg", {}],
    [
      "/admin/queues/api/queues",
      { cookie: "pawl_board=9999999999999.operator.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
    ],
    ["/admin/queues/api/queues", { cookie: "pawl_board=" }],
    ["/admin/queues/api/queues", { authorization: "Bearer wrong-key-0123456789" }],
  ])("is closed to a stranger: %s %j", async (path, headers) => {
    const answer = await api.call(path, { key: null, headers });
    expect(answer).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    expect(answer.text).not.toContain("pawl-tasks");
  });

  it("is closed to keys that are not the operator's", async () => {
    for (const key of [
      await api.keyFor("acme", ["tasks", "admin"]),
      await api.keyFor("default", ["tasks"]),
    ]) {
      expect((await api.call("/admin/queues/api/queues", { key })).status).toBe(401);
    }
    const operator = await api.keyFor("default", ["admin"]);
    expect((await api.call("/admin/queues/api/queues", { key: operator })).status).toBe(200);
  });

  it("shows a browser a log-in form", async () => {
    const answer = await api.call("/admin/queues", { key: null, headers: html });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("content-type")).toMatch(/^text\/html/);
    expect(answer.text).toContain('action="/admin/queues/login"');
  });

  it("opens to the admin key, with every queue, read-only", async () => {
    const page = await api.call("/admin/queues", { headers: html });
    expect(page.status).toBe(200);
    expect(page.headers.get("x-powered-by")).toBeNull();
    const { queues } = (await api.call("/admin/queues/api/queues")).body;
    expect(
      queues.map(({ name, readOnlyMode }: { name: string; readOnlyMode: boolean }) => [name, readOnlyMode]),
    ).toEqual([
      ["pawl-tasks-high", true],
      ["pawl-tasks", true],
      ["pawl-tasks-low", true],
      ["pawl-quarantine", true],
      ["pawl-webhooks", true],
    ]);
  });

  it("gives a cookie for a key, and takes it back at the log-out", async () => {
    const entered = await logIn(ADMIN_KEY);
    expect(entered.status).toBe(303);
    expect(entered.headers.get("location")).toBe("/admin/queues");
    const setCookie = entered.headers.get("set-cookie") ?? "";
    for (const part of ["HttpOnly", "SameSite=Strict", "Path=/admin", "Max-Age=43200"]) {
      expect(setCookie).toContain(part);
    }
    expect(setCookie).not.toContain("Secure");
    expect(setCookie).not.toContain(ADMIN_KEY);
    const cookie = cookieFrom(setCookie);
    const board = () => api.call("/admin/queues/api/queues", { key: null, headers: { cookie } });
    expect((await board()).status).toBe(200);
    const left = await api.call("/admin/queues/logout", { method: "POST", key: null, headers: { cookie } });
    expect(left.status).toBe(303);
    expect(cookieFrom(left.headers.get("set-cookie"))).toBe("pawl_board=");
    // Not even a cookie that was kept is good for ever, nor one whose expiry was moved.
    nowMs += 12 * 60 * 60 * 1000;
    expect((await board()).status).toBe(401);
    const moved = cookie.replace(/=\d+/, `=${nowMs + 1000}`);
    expect(
      (await api.call("/admin/queues/api/queues", { key: null, headers: { cookie: moved } })).status,
    ).toBe(401);
  });

  it("gives a cookie for https only to who came by https", async () => {
    const entered = await logIn(ADMIN_KEY, { "x-forwarded-proto": "https" });
    expect(entered.headers.get("set-cookie")).toContain("Secure");
  });

  it("takes its forms from its own pages only", async () => {
    expect((await logIn(ADMIN_KEY, { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await logIn(ADMIN_KEY, { "sec-fetch-site": "same-site" })).status).toBe(403);
    expect((await logIn(ADMIN_KEY, { origin: "https://evil.example" })).status).toBe(403);
    expect((await logIn(ADMIN_KEY, { origin: api.url, "sec-fetch-site": "same-origin" })).status).toBe(303);
    expect((await logIn(ADMIN_KEY, { origin: "null" })).status).toBe(303);
  });

  it("has patience with ten wrong keys a minute", async () => {
    for (let i = 0; i < 10; i += 1) expect((await logIn(`wrong-${i}`)).status).toBe(401);
    const locked = await logIn(ADMIN_KEY);
    expect(locked.status).toBe(429);
    expect(locked.headers.get("set-cookie")).toBeNull();
    nowMs += 60_000;
    expect((await logIn(ADMIN_KEY)).status).toBe(303);
    expect((await api.logged()).join("\n")).not.toContain("wrong-3");
  });

  it.each([
    ["PUT", "/admin/queues/api/queues/pawl-tasks/pause"],
    ["PUT", "/admin/queues/api/queues/pawl-tasks/empty"],
    ["PUT", "/admin/queues/api/queues/pawl-tasks/obliterate"],
    ["POST", "/admin/queues/api/queues/pawl-tasks/add"],
  ])("touches nothing, whoever asks: %s %s", async (method, path) => {
    const id = await api.submit();
    const answer = await api.call(path, { method, headers: { "content-type": "application/json" } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(await api.store.queues.normal.getJob(`${id}.1`)).toBeDefined();
  });

  it("links each job to its task, and shows neither its text nor a secret", async () => {
    const secret = "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789";
    const id = await api.submit({ input: "the secret of the sphinx", metadata: { note: "of the pyramids" } });
    const job = await api.store.queues.normal.getJob(`${id}.1`);
    await job?.log(`tried with ${secret}`);
    await job?.updateProgress({ authorization: `Bearer ${secret}` });
    const path = `/admin/queues/api/queues/pawl-tasks/${id}.1`;
    const shown = await api.call(path);
    expect(shown.status).toBe(200);
    expect(shown.text).toContain(`"href":"/console/tasks/${id}"`);
    const logs = await api.call(`${path}/logs`);
    const list = await api.call("/admin/queues/api/queues?activeQueue=pawl-tasks&status=waiting&page=1");
    expect(list.text).toContain(`${id}.1`);
    expect(logs.text).toContain("tried with");
    for (const { text } of [shown, logs, list]) expect(text).not.toMatch(/sphinx|pyramids|sk-ant-api03/);
  });

  it("tells nothing of the Redis behind it", async () => {
    const answer = await api.call("/admin/queues/api/redis/stats");
    expect(answer.text).not.toMatch(/redis_version|used_memory|tcp_port/);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });
});
