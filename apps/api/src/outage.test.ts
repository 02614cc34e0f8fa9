import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedis } from "@pawl/local-redis";
import { openNotices, openStore, parseRedisAddress } from "@pawl/store";
import { afterAll, expect, it } from "vitest";
import { ownApi, work } from "./own-api.fixture.ts";

const dir = await mkdtemp(join(tmpdir(), "pawl-redis-"));
let redis = await startRedis({ dir, log: () => {} });
const store = await openStore({ address: parseRedisAddress(redis.url), failFast: true });
const api = await ownApi({ store, notices: openNotices(store, () => {}), recheckMs: 100 });
afterAll(async () => {
  await store.close();
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});

it("while Redis is away callers get 503 and a time to come back, streams stay, and nothing is lost", async () => {
  const task = await api.submit();
  const worker = await work(store, "default", task);
  const response = await api.open(`/v1/tasks/${task}/events`, { headers: { accept: "text/event-stream" } });
  const whole = response.text();
  await redis.stop();

  const calls = [
    api.call("/v1/tasks", { body: { input: "x" }, headers: { "idempotency-key": "outage" } }),
    api.call(`/v1/tasks/${task}`),
    api.call(`/v1/tasks/${task}/cancel`, { method: "POST" }),
    api.call("/v1/tasks", { key: "pawl_somebody" }),
    api.call("/admin/queues/api/queues", { key: "pawl_somebody" }),
  ];
  for (const answer of await Promise.all(calls)) {
    expect(answer).toMatchObject({ status: 503, body: { code: "unavailable" } });
    expect(answer.headers.get("retry-after")).toBe("1");
  }

  redis = await startRedis({ dir, port: redis.port, log: () => {} });
  await expect.poll(async () => (await api.call(`/v1/tasks/${task}`)).status, { timeout: 15_000 }).toBe(200);
  const again = await api.call("/v1/tasks", {
    body: { input: "x" },
    headers: { "idempotency-key": "outage" },
  });
  expect(again.status).toBe(202);
  await worker.complete();
  expect((await whole).match(/^event: .*$/gm)).toEqual([
    "event: task.submitted",
    "event: task.started",
    "event: model.responded",
    "event: task.completed",
  ]);
});
