/** `pawl doctor` before a sound system, and before each fault that it is there to find. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@pawl/local-redis";
import { connectRedis, parseRedisAddress } from "@pawl/store";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { ADMIN_KEY, startSystem } from "../../../../test/support/processes.ts";
import { ownRedis } from "../../../../test/support/redis.ts";
import { bareEnv, runPawl } from "../command-line.fixture.ts";
import type { Finding } from "./examine.ts";

const system = await startSystem({ workers: 1 });
const sound = {
  PAWL_URL: system.url,
  PAWL_API_KEY: ADMIN_KEY,
  REDIS_URL: system.redisUrl,
  ANTHROPIC_BASE_URL: system.simulator.url,
  ANTHROPIC_API_KEY: "simulator",
};
const nobody = `http://127.0.0.1:${await findFreePort()}`;
const folder = mkdtempSync(join(tmpdir(), "pawl-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function doctor(env: NodeJS.ProcessEnv) {
  const { code, out } = await runPawl(["doctor", "--json"], { env: bareEnv({ ...sound, ...env }) });
  const { findings, ok } = JSON.parse(out) as { findings: Finding[]; ok: boolean };
  expect(code).toBe(ok ? 0 : 1);
  return { code, findings, broken: findings.filter(({ state }) => state === "broken") };
}

test("a sound system is told to be well", async () => {
  const { code, findings } = await doctor({});
  expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
  expect(code).toBe(0);
  const messages = findings.map(({ message }) => message).join("\n");
  expect(messages).toMatch(/Redis \d/);
  expect(messages).toContain("appendonly yes, appendfsync everysec, eviction noeviction");
  expect(messages).toContain("from PAWL_API_KEY: accepted, tenant default, for tasks and admin");
  expect(messages).toContain("1 worker lives");
  expect(messages).toContain(`${system.simulator.url} answers`);
  const { out } = await runPawl(["doctor"], { env: bareEnv(sound) });
  expect(out).toMatch(/^ok {6}node {11}Node 24/m);
  expect(out).toContain("All is well.");
});

test("a Redis that forgets or evicts is found, with the command that mends it", async () => {
  const { url } = await ownRedis();
  const redis = connectRedis(parseRedisAddress(url), { failFast: true, onError: () => undefined });
  onTestFinished(() => redis.disconnect());
  await redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
  await redis.call("CONFIG", "SET", "appendonly", "no");
  const { code, findings, broken } = await doctor({ REDIS_URL: url });
  expect(code).toBe(1);
  expect(broken).toMatchObject([
    { subject: "redis", fix: expect.stringContaining("CONFIG SET maxmemory-policy noeviction") },
  ]);
  expect(findings).toContainEqual(
    expect.objectContaining({ state: "warning", fix: expect.stringContaining("CONFIG SET appendonly yes") }),
  );
});

test("a Redis that is not there, or wants another password, is found; the password is not shown", async () => {
  const away = await doctor({ REDIS_URL: "redis://:topsecret@127.0.0.1:9" });
  expect(away.broken).toMatchObject([
    { subject: "redis", message: expect.stringContaining("nothing listens there") },
  ]);
  expect(JSON.stringify(away.findings)).not.toContain("topsecret");
});

test("a wrong key, an api that is away and a stranger at its address are told apart", async () => {
  expect((await doctor({ PAWL_API_KEY: "wrong" })).broken).toMatchObject([
    { subject: "key", fix: expect.any(String) },
  ]);
  expect((await doctor({ PAWL_URL: nobody })).broken).toMatchObject([
    { subject: "api", message: expect.stringContaining("nothing listens there") },
  ]);
  const stranger = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
  onTestFinished(() => void stranger.close());
  await once(stranger, "listening");
  const address = stranger.address();
  const port = typeof address === "object" ? address?.port : 0;
  expect((await doctor({ PAWL_URL: `http://127.0.0.1:${port}` })).broken).toMatchObject([
    { subject: "api", message: expect.stringContaining("something else answers") },
  ]);
  const { code, findings } = await doctor({ PAWL_URL: "", PORT: String(port) });
  expect(findings.find(({ subject }) => subject === "api")).toMatchObject({ state: "broken" });
  expect(code).toBe(1);
});

test("where nothing was started yet, nothing is broken", async () => {
  const env = {
    PAWL_URL: "",
    REDIS_URL: "",
    ANTHROPIC_API_KEY: "",
    ANTHROPIC_BASE_URL: "",
    PORT: new URL(nobody).port,
  };
  const { code, findings } = await doctor(env);
  expect(code).toBe(0);
  expect(findings.find(({ subject }) => subject === "api")).toMatchObject({
    state: "warning",
    fix: "npm start",
  });
  expect(findings.find(({ subject }) => subject === "model")?.message).toContain("a simulator stands in");
});

test("a configuration that does not load is named with its reason", async () => {
  const path = join(folder, "broken.config.ts");
  writeFileSync(path, 'throw new Error("a slip in the configuration");');
  expect((await doctor({ PAWL_CONFIG: path })).broken).toMatchObject([
    { subject: "configuration", message: expect.stringContaining("a slip in the configuration") },
  ]);
  expect((await doctor({ PAWL_CONFIG: join(folder, "none.ts") })).broken).toMatchObject([
    { subject: "configuration", message: expect.stringContaining("does not exist") },
  ]);
});

test("a provider that is away or refuses the key is found, and nothing is asked of a model", async () => {
  expect((await doctor({ ANTHROPIC_BASE_URL: nobody })).broken).toMatchObject([
    { subject: "model", message: expect.stringContaining("nothing listens there") },
  ]);
  const asked: string[] = [];
  const refusing = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(401).end();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void refusing.close());
  await once(refusing, "listening");
  const address = refusing.address();
  const port = typeof address === "object" ? address?.port : 0;
  const { broken } = await doctor({
    ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
    ANTHROPIC_API_KEY: "sk-secret",
  });
  expect(broken).toMatchObject([{ subject: "model", message: expect.stringContaining("refuses the key") }]);
  expect(JSON.stringify(broken)).not.toContain("sk-secret");
  expect(asked).toEqual(["GET /v1/models?limit=1"]);
});
