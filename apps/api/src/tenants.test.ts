import { createHash } from "node:crypto";
import { globalKeys, webhookSecret } from "@pawl/store";
import { describe, expect, it } from "vitest";
import { ADMIN_KEY, ownApi, work } from "./own-api.fixture.ts";

const api = await ownApi();
const { store } = api;

describe("an API key", () => {
  it("is made by the operator, shown once, and kept as a digest only", async () => {
    const answer = await api.call("/v1/api-keys", { body: { tenant: "acme", name: "ci" } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.body).toEqual({
      key: expect.stringMatching(/^pawl_[A-Za-z0-9_-]{43}$/),
      webhook_secret: await webhookSecret(store, "acme"),
      id: expect.stringMatching(/^key_[0-9a-f]{24}$/),
      tenant: "acme",
      scopes: ["tasks"],
      name: "ci",
    });
    const kept = JSON.stringify(await store.redis.hgetall(globalKeys.apiKeys));
    expect(kept).toContain(createHash("sha256").update(answer.body.key).digest("hex"));
    expect(kept).not.toContain(answer.body.key);
    expect((await api.logged()).join("\n")).not.toContain(answer.body.key);
    expect((await api.logged()).join("\n")).not.toContain(answer.body.webhook_secret);
  });

  it("of a tenant that stands already comes without its secret", async () => {
    await api.keyFor("twice");
    expect((await api.call("/v1/api-keys", { body: { tenant: "twice" } })).body).not.toHaveProperty(
      "webhook_secret",
    );
  });

  it("can make no keys without the admin scope, and none for others with it", async () => {
    const [plain, admin] = [await api.keyFor("owner"), await api.keyFor("owner", ["admin"])];
    const make = (key: string, tenant: string) => api.call("/v1/api-keys", { key, body: { tenant } });
    expect(await make(plain, "owner")).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect(await make(admin, "owner")).toMatchObject({ status: 201 });
    expect(await make(admin, "default")).toMatchObject({ status: 403 });
    expect(await make(admin, "brand-new")).toMatchObject({ status: 403 });
    expect(await store.redis.exists(globalKeys.tenant("brand-new"))).toBe(0);
    const operator = await api.keyFor("default", ["admin"]);
    expect(await make(operator, "brand-new")).toMatchObject({ status: 201 });
  });

  it("that was taken away is refused soon, and one given meanwhile is let in at once", async () => {
    let nowMs = 1_000_000;
    const clocked = await ownApi({ nowMs: () => nowMs });
    const key = await clocked.keyFor("acme");
    const status = async () => (await clocked.call("/v1/tasks", { key })).status;
    expect(await status()).toBe(200);
    await clocked.store.redis.hdel(globalKeys.apiKeys, createHash("sha256").update(key).digest("hex"));
    nowMs += 5_001;
    expect(await status()).toBe(401);
  });
});

it("a second tenant sees nothing of the first one's, by any route, as if it did not exist", async () => {
  const task = await api.submit({ user: "ann", webhook_url: "https://example.com/hook" }, { key: ADMIN_KEY });
  await (await work(store, "default", task)).stop("loop_detected");
  const delivery = (await api.call("/v1/deliveries")).body.data[0].id;
  const other = await api.keyFor("second", ["tasks", "admin"]);
  const journal = (await api.call(`/v1/tasks/${task}/events`)).text;

  const hidden: [path: string, method: string, accept?: string][] = [
    [`/v1/tasks/${task}`, "GET"],
    [`/v1/tasks/${task}/events`, "GET"],
    [`/v1/tasks/${task}/events?after=1`, "GET"],
    [`/v1/tasks/${task}/events`, "GET", "text/event-stream"],
    [`/v1/tasks/${task}/cancel`, "POST"],
    [`/v1/tasks/${task}/resume`, "POST"],
    [`/v1/deliveries/${delivery}`, "GET"],
    [`/v1/deliveries/${delivery}/redeliver`, "POST"],
  ];
  for (const [path, method, accept = "application/json"] of hidden) {
    const answer = await api.call(path, { method, key: other, headers: { accept } });
    expect({ path, status: answer.status }).toEqual({ path, status: 404 });
    const nobody = await api.call(
      path.replace(/(task|dlv)_\w+/, (id) => `${id.slice(0, -3)}zzz`),
      {
        method,
        key: other,
        headers: { accept },
      },
    );
    expect(answer.body).toEqual({ ...nobody.body, request_id: answer.body.request_id });
  }
  const lists = [
    "/v1/tasks",
    "/v1/tasks?user=ann",
    "/v1/tasks?status=stopped",
    "/v1/deliveries",
    `/v1/deliveries?task=${task}`,
  ];
  const cursor = Buffer.from(`${task.slice(0, -3)}zzz`).toString("base64url");
  for (const path of [...lists, `/v1/tasks?cursor=${cursor}`]) {
    expect((await api.call(path, { key: other })).body).toEqual({ data: [], next_cursor: null });
  }
  expect((await api.call("/admin/queues/api/queues", { key: other })).status).toBe(401);
  // Nothing that was tried has left a mark.
  expect((await api.call(`/v1/tasks/${task}/events`)).text).toBe(journal);
});
