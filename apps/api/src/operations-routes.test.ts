import { randomBytes } from "node:crypto";
import { forgetWorker, reportWorker } from "@pawl/store";
import { describe, expect, it } from "vitest";
import { ownApi, work } from "./own-api.fixture.ts";

const api = await ownApi();
const acme = await api.keyFor("acme");
const acmeAdmin = await api.keyFor("acme", ["admin"]);

describe("GET /v1/me", () => {
  it("tells whose key it is", async () => {
    expect((await api.call("/v1/me")).body).toEqual({
      tenant: "default",
      scopes: ["tasks", "admin"],
      is_operator: true,
    });
    expect((await api.call("/v1/me", { key: acmeAdmin })).body).toEqual({
      tenant: "acme",
      scopes: ["admin"],
      is_operator: false,
    });
  });
});

describe("GET /v1/agents", () => {
  it("shows every agent to every key, by name, without its prompt", async () => {
    const { body, text } = await api.call("/v1/agents", { key: acme });
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(
      Object.keys(api.config.agents).sort(),
    );
    const submitted = await api.call(`/v1/tasks/${await api.submit()}`);
    const own = body.data.find(({ name }: { name: string }) => name === "default");
    expect(own.agent_version).toBe(submitted.body.agent_version);
    expect(own.budget).toEqual(submitted.body.budget);
    expect(text).not.toContain(api.config.agents.default?.system);
  });
});

describe("GET /v1/overview", () => {
  it("counts the tasks of one's own tenant by status", async () => {
    const key = await api.keyFor("counted");
    const [first] = [await api.submit({}, { key }), await api.submit({}, { key })];
    await (await work(api.store, "counted", first ?? "")).complete();
    const { tasks } = (await api.call("/v1/overview", { key })).body;
    expect(tasks).toEqual({
      queued: 1,
      running: 0,
      waiting: 0,
      completed: 1,
      stopped: 0,
      failed: 0,
      cancelled: 0,
    });
  });
});

describe("GET /v1/queues", () => {
  it("shows what waits in each lane, and how long the oldest has", async () => {
    const other = await ownApi();
    await other.submit({ priority: "low" });
    await other.submit({ priority: "low" });
    const { data } = (await other.call("/v1/queues")).body;
    expect(data.map(({ name }: { name: string }) => name)).toEqual([
      "high",
      "normal",
      "low",
      "quarantine",
      "webhooks",
    ]);
    expect(data[2]).toMatchObject({ waiting: 2, active: 0, oldest_waiting_ms: expect.any(Number) });
    expect(data[0]).toMatchObject({ waiting: 0, oldest_waiting_ms: null, completed_per_minute: 0 });
  });

  it("is the operator's alone, as are the workers", async () => {
    for (const path of ["/v1/queues", "/v1/workers"])
      for (const key of [acme, acmeAdmin])
        expect(await api.call(path, { key })).toMatchObject({ status: 403, body: { code: "forbidden" } });
  });
});

describe("GET /v1/workers", () => {
  const report = (id: string) =>
    reportWorker(
      api.store,
      { id, host: "h", sinceMs: 1000, running: 3, concurrency: 9, queues: ["low"] },
      true,
    );

  it("shows those that live, until they leave", async () => {
    const id = `w-${randomBytes(3).toString("hex")}`;
    expect((await api.call("/v1/workers")).body.data).toEqual([]);
    await report(id);
    expect((await api.call("/v1/workers")).body.data).toEqual([
      {
        id,
        host: "h",
        since: "1970-01-01T00:00:01.000Z",
        seen_at: expect.any(String),
        running: 3,
        concurrency: 9,
        lanes: ["low"],
      },
    ]);
    await forgetWorker(api.store, id);
    expect((await api.call("/v1/workers")).body.data).toEqual([]);
  });

  it("leaves out who was silent too long, and a new one clears them away", async () => {
    await report("dead");
    const kept = JSON.parse((await api.store.redis.hget("pawl:workers", "dead")) ?? "");
    await api.store.redis.hset(
      "pawl:workers",
      "dead",
      JSON.stringify({ ...kept, seen_ms: kept.seen_ms - 16_000 }),
    );
    expect((await api.call("/v1/workers")).body.data).toEqual([]);
    await report("young");
    expect(await api.store.redis.hkeys("pawl:workers")).toEqual(["young"]);
  });
});

describe("GET /v1/api-keys", () => {
  it("lists keys newest first, in pages, without their secret, and tells when they were used", async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const other = await ownApi({ nowMs: () => nowMs });
    const made: { id: string; key: string }[] = [];
    for (const name of ["one", "two", "three"]) {
      nowMs += 1000;
      made.push((await other.call("/v1/api-keys", { body: { tenant: "t", name } })).body);
    }
    const [one] = made;
    await other.call("/v1/me", { key: one?.key ?? "" });
    const first = await other.call("/v1/api-keys?limit=2");
    expect(first.body.data.map(({ name }: { name: string }) => name)).toEqual(["three", "two"]);
    const rest = await other.call(`/v1/api-keys?limit=2&cursor=${first.body.next_cursor}`);
    expect(rest.body).toEqual({
      data: [
        {
          id: one?.id,
          tenant: "t",
          scopes: ["tasks"],
          name: "one",
          created_at: "2026-01-01T00:00:01.000Z",
          last_used_at: "2026-01-01T00:00:03.000Z",
        },
      ],
      next_cursor: null,
    });
    for (const { key } of made) expect(first.text + rest.text).not.toContain(key.slice(5));
  });

  it("shows an admin of a tenant the keys of that tenant, and others none", async () => {
    await api.keyFor("elsewhere");
    const own = await api.call("/v1/api-keys", { key: acmeAdmin });
    expect(new Set(own.body.data.map(({ tenant }: { tenant: string }) => tenant))).toEqual(new Set(["acme"]));
    expect((await api.call("/v1/api-keys?tenant=elsewhere", { key: acmeAdmin })).status).toBe(403);
    expect((await api.call("/v1/api-keys?tenant=elsewhere")).body.data).toHaveLength(1);
    expect((await api.call("/v1/api-keys", { key: acme })).status).toBe(403);
  });
});

describe("DELETE /v1/api-keys/{id}", () => {
  const remove = (id: string, key?: string) =>
    api.call(`/v1/api-keys/${id}`, { method: "DELETE", ...(key === undefined ? {} : { key }) });

  it("shuts a key out at once where it is asked, and has nothing to take away twice", async () => {
    const { key, id } = (await api.call("/v1/api-keys", { body: { tenant: "leaver" } })).body;
    expect((await api.call("/v1/me", { key })).status).toBe(200);
    expect(await remove(id)).toMatchObject({ status: 204, text: "" });
    expect((await api.call("/v1/me", { key })).status).toBe(401);
    expect((await remove(id)).status).toBe(404);
  });

  it("reaches no other tenant's key", async () => {
    const { key, id } = (await api.call("/v1/api-keys", { body: { tenant: "safe" } })).body;
    expect((await remove(id, acmeAdmin)).status).toBe(404);
    expect((await remove(id, acme)).status).toBe(403);
    expect((await api.call("/v1/me", { key })).status).toBe(200);
  });
});
