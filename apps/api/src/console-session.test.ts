import { describe, expect, it } from "vitest";
import { ADMIN_KEY, type Call, ownApi } from "./own-api.fixture.ts";

let nowMs = Date.now();
const api = await ownApi({ nowMs: () => nowMs });
const OWN = { "x-pawl-console": "1" };
const logIn = (body: unknown, headers: Record<string, string> = OWN) =>
  api.call("/console/session", { key: null, body, headers });
const cookieOf = (setCookie: string | null) => setCookie?.split(";")[0] ?? "";
const cookieFor = async (key: string) => cookieOf((await logIn({ key })).headers.get("set-cookie"));
const asBrowser = (path: string, cookie: string, call: Call = {}) =>
  api.call(path, { ...call, key: null, headers: { cookie, ...OWN, ...call.headers } });
const linkFor = async (key: string) => {
  const made = await api.call("/console/links", { method: "POST", key });
  return String(made.body.path).split("token=")[1] ?? "";
};

describe("a log-in to the console", () => {
  it("gives a cookie that no script reads and no other site sends, and that does not hold the key", async () => {
    const answer = await logIn({ key: ADMIN_KEY });
    expect(answer).toMatchObject({ status: 200, body: { tenant: "default", scopes: ["tasks", "admin"] } });
    const setCookie = answer.headers.get("set-cookie") ?? "";
    for (const part of ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"]) {
      expect(setCookie).toContain(part);
    }
    expect(setCookie).not.toContain(ADMIN_KEY);
  });

  it("lets in as the key's tenant, and nobody without it", async () => {
    const cookie = await cookieFor(await api.keyFor("acme"));
    const id = await api.submit({ input: "of default" });
    expect((await asBrowser("/console/session", cookie)).body).toMatchObject({
      tenant: "acme",
      scopes: ["tasks"],
    });
    expect((await asBrowser("/v1/tasks", cookie)).body.data).toEqual([]);
    expect((await asBrowser(`/v1/tasks/${id}`, cookie)).status).toBe(404);
    expect((await asBrowser("/v1/tasks", "pawl_console=1.x.y")).status).toBe(401);
    expect((await asBrowser("/admin/queues/api/queues", cookie)).status).toBe(401);
    expect((await asBrowser("/admin/queues/api/queues", await cookieFor(ADMIN_KEY))).status).toBe(200);
  });

  it("ends at the log-out, after twelve hours, and when its expiry was moved", async () => {
    const cookie = await cookieFor(ADMIN_KEY);
    const left = await asBrowser("/console/session", cookie, { method: "DELETE" });
    expect(left.status).toBe(204);
    expect(cookieOf(left.headers.get("set-cookie"))).toBe("pawl_console=");
    nowMs += 12 * 60 * 60 * 1000;
    expect((await asBrowser("/v1/tasks", cookie)).status).toBe(401);
    expect((await asBrowser("/v1/tasks", cookie.replace(/=\d+/, `=${nowMs + 1000}`))).status).toBe(401);
  });

  it("has patience with ten wrong keys a minute", async () => {
    for (let i = 0; i < 10; i += 1) expect((await logIn({ key: `wrong-${i}` })).status).toBe(401);
    expect(await logIn({ key: ADMIN_KEY })).toMatchObject({ status: 429, body: { code: "too_many_tries" } });
    nowMs += 60_000;
    expect((await logIn({ key: ADMIN_KEY })).status).toBe(200);
    expect((await api.logged()).join("\n")).not.toContain("wrong-3");
  });
});

describe("what comes by cookie", () => {
  it("is heard from our own page only, and changes nothing without our own header", async () => {
    const cookie = await cookieFor(ADMIN_KEY);
    // Not by `call`, which holds answers to the document: it knows keys, and the cookie is the console's own.
    const status = async (headers: Record<string, string>, call: Call = {}) =>
      (await api.open("/v1/tasks", { ...call, key: null, headers: { cookie, ...headers } })).status;
    const post: Call = { body: { input: "x" } };
    expect(await status({}, post)).toBe(403);
    expect(await status({ ...OWN, "sec-fetch-site": "cross-site" }, post)).toBe(403);
    expect(await status({ ...OWN, origin: "https://evil.example" }, post)).toBe(403);
    expect(await status({ ...OWN, "sec-fetch-site": "same-origin", origin: api.url }, post)).toBe(202);
    expect(await status({ "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await status({})).toBe(200);
    expect((await logIn({ key: ADMIN_KEY }, {})).status).toBe(403);
  });

  it("does not stand in for a key that was sent and is wrong", async () => {
    const cookie = await cookieFor(ADMIN_KEY);
    const answer = await api.call("/v1/tasks", { key: "wrong-key", headers: { cookie, ...OWN } });
    expect(answer.status).toBe(401);
  });
});

describe("a link", () => {
  it("logs in once, as whoever made it", async () => {
    const token = await linkFor(await api.keyFor("acme"));
    expect(await logIn({ token })).toMatchObject({ status: 200, body: { tenant: "acme" } });
    expect(await logIn({ token })).toMatchObject({ status: 401, body: { code: "unauthorized" } });
  });

  it("is good once also where two open it at the same moment", async () => {
    const token = await linkFor(ADMIN_KEY);
    const answers = await Promise.all([1, 2, 3].map(() => logIn({ token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
  });

  it("is good for an hour, is kept as a digest, and is no cookie", async () => {
    const token = await linkFor(ADMIN_KEY);
    const kept = await api.store.redis.keys("pawl:once:*");
    expect(kept.join()).not.toContain(token);
    const [name = ""] = kept;
    const leftMs = await api.store.redis.pttl(name);
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(60 * 60 * 1000);
    expect((await asBrowser("/v1/tasks", `pawl_console=${token}`)).status).toBe(401);
  });

  it("is made by a key alone, not by a cookie", async () => {
    const cookie = await cookieFor(ADMIN_KEY);
    expect((await asBrowser("/console/links", cookie, { method: "POST" })).status).toBe(401);
    expect((await api.call("/console/links", { method: "POST", key: "wrong" })).status).toBe(401);
  });
});
