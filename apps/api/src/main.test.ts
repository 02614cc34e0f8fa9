import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { findFreePort, startRedis } from "@pawl/local-redis";
import { webhookSecret } from "@pawl/store";
import { afterAll, describe, expect, it } from "vitest";
import { ownStore } from "../../../test/support/store.ts";

const store = await ownStore();
const redisUrl = store.address.urls[0];
const dataDir = await mkdtemp(join(tmpdir(), "pawl-api-"));
const ADMIN_KEY = "admin-key-of-main-test";
const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const running = new Set<ChildProcess>();

afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await rm(dataDir, { recursive: true, force: true });
});

function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    cwd: dataDir,
    env: {
      PATH: process.env.PATH ?? "",
      REDIS_URL: redisUrl,
      PORT: "0",
      PAWL_CONFIG: join(import.meta.dirname, "config.fixture.ts"),
      PAWL_DATA_DIR: dataDir,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const stderr = text(child.stderr);
  const exited = once(child, "exit").then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  const lines: Record<string, unknown>[] = [];
  const listening = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const entry = JSON.parse(line);
    lines.push(entry);
    if (entry.message === "listening") listening.resolve(`http://127.0.0.1:${entry.port}`);
  });
  exited.then(() => listening.reject(new Error("it ended before it listened")));
  listening.promise.catch(() => {});
  return { child, lines, stderr, exited, listening: listening.promise };
}

async function get(url: string, key?: string) {
  const response = await fetch(url, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: await response.json() };
}

describe.concurrent("the api process", () => {
  it("listens, says so at any log level, and ends in good order with its streams", async () => {
    const api = run({ PAWL_ADMIN_KEY: ADMIN_KEY, PAWL_WEBHOOK_SECRET: SECRET, LOG_LEVEL: "silent" });
    const url = await api.listening;
    expect(api.lines).toEqual([
      expect.objectContaining({ message: "listening", port: Number(new URL(url).port), process: "api" }),
    ]);
    expect(await get(`${url}/readyz`)).toEqual({ status: 200, body: { status: "ready" } });
    expect(await webhookSecret(store, "default")).toBe(SECRET);
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
    const submitted = await fetch(`${url}/v1/tasks`, { method: "POST", headers, body: '{"input":"x"}' });
    const id = submitted.headers.get("location")?.split("/").at(-1);
    const stream = await fetch(`${url}/v1/tasks/${id}/events`, {
      headers: { ...headers, accept: "text/event-stream" },
    });
    const sentMs = performance.now();
    api.child.kill("SIGTERM");
    expect(await stream.text()).toContain("event: task.submitted");
    expect(await api.exited).toBe(0);
    expect(performance.now() - sentMs).toBeLessThan(3_000);
  });

  it("tells all faults of its environment together, without their values, and exits 1", async () => {
    const api = run({ PORT: "99999", PAWL_EGRESS_ALLOW: "10.0.0.0/99", PAWL_ADMIN_KEY: "hunter2" });
    expect(await api.exited).toBe(1);
    const said = await api.stderr;
    for (const name of ["PORT", "PAWL_EGRESS_ALLOW", "PAWL_ADMIN_KEY"]) expect(said).toContain(name);
    expect(said).not.toContain("hunter2");
    expect(api.lines).toEqual([]);
  });

  it("waits for a Redis that is not there yet, and says 503 until then", async ({ expect }) => {
    const port = await findFreePort();
    const api = run({ PAWL_ADMIN_KEY: ADMIN_KEY, REDIS_URL: `redis://127.0.0.1:${port}` });
    const url = await api.listening;
    expect((await get(`${url}/healthz`)).status).toBe(200);
    expect(await get(`${url}/readyz`)).toMatchObject({ status: 503, body: { code: "unavailable" } });
    const refused = await fetch(`${url}/v1/tasks`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
      body: '{"input":"x"}',
    });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    const dir = await mkdtemp(join(tmpdir(), "pawl-redis-"));
    const redis = await startRedis({ dir, port, log: () => {}, appendfsync: "everysec" });
    try {
      await expect.poll(async () => (await get(`${url}/readyz`)).status, { timeout: 15_000 }).toBe(200);
      expect((await get(`${url}/v1/tasks`, ADMIN_KEY)).status).toBe(200);
    } finally {
      api.child.kill("SIGTERM");
      await api.exited;
      await redis.stop();
      await rm(dir, { recursive: true, force: true });
    }
  });
});

it("refuses a Redis that evicts, and says what to do", async () => {
  await store.redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
  const api = run({ PAWL_ADMIN_KEY: ADMIN_KEY });
  expect(await api.exited).toBe(1);
  expect(await api.stderr).toMatch(/evicts keys.*\n.*noeviction/);
  await store.redis.call("CONFIG", "SET", "maxmemory-policy", "noeviction");
});
