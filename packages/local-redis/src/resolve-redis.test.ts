import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { askRedis } from "./ask-redis.ts";
import { findRedisBinary } from "./find-redis.ts";
import { identifyProcess } from "./process-identity.ts";
import {
  type ResolvedRedis,
  type ResolveRedisOptions,
  resolveRedis,
  runningRedisUrl,
} from "./resolve-redis.ts";

const folders: string[] = [];
const log = () => undefined;

/** A data folder of its own that uses the program everybody uses. */
async function newDataDir(): Promise<{ dataDir: string; env: NodeJS.ProcessEnv }> {
  const dataDir = mkdtempSync(join(tmpdir(), "pawl-resolve-"));
  folders.push(dataDir);
  const shared = join(import.meta.dirname, "../../../.pawl");
  const { command, libraryPath } = await findRedisBinary({ dataDir: shared, log });
  const PATH = `${join(command, "..")}:${process.env.PATH}`;
  return { dataDir, env: { ...process.env, PATH, ...(libraryPath ? { LD_LIBRARY_PATH: libraryPath } : {}) } };
}

const noted = (dataDir: string) =>
  JSON.parse(readFileSync(join(dataDir, "redis/instance.json"), "utf8")) as { pid: number; port: number };

const answers = async (redis: ResolvedRedis): Promise<unknown> => {
  const { port, password } = new URL(redis.url);
  const [reply] = await askRedis({ host: "127.0.0.1", port: Number(port), password }, [["PING"]], 1_000);
  return reply;
};

afterEach(async () => {
  for (const folder of folders.splice(0)) {
    const pid = existsSync(join(folder, "redis/instance.json")) ? noted(folder).pid : 0;
    if (identifyProcess(pid)) process.kill(pid, "SIGKILL");
    await expect.poll(() => identifyProcess(pid)).toBeUndefined();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a given REDIS_URL is used untouched and nothing is started", async () => {
  const dataDir = "/nowhere/that/could/be/made";
  const redis = await resolveRedis({ redisUrl: "redis://example.test:1", dataDir, log });
  expect(redis).toMatchObject({ url: "redis://example.test:1", owned: false, how: "given" });
  await redis.stop();
});

test("processes that start together share one server", async () => {
  const options = { ...(await newDataDir()), log };
  const all = await Promise.all(Array.from({ length: 4 }, () => resolveRedis(options)));
  expect(new Set(all.map((redis) => redis.url)).size).toBe(1);
  expect(all.map((redis) => redis.how).sort()).toEqual(["running", "running", "running", "started"]);
  expect(await Promise.all(all.map(answers))).toEqual(["PONG", "PONG", "PONG", "PONG"]);
});

test("what one process started alone outlives it and is found by the next", async () => {
  const { dataDir, env } = await newDataDir();
  const module = JSON.stringify(join(import.meta.dirname, "resolve-redis.ts"));
  const script = `const { resolveRedis } = await import(${module});
    const redis = await resolveRedis({ dataDir: ${JSON.stringify(dataDir)}, log() {} });
    await redis.stop(); console.log(redis.how, redis.owned);`;
  const first = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [[line]] = (await Promise.all([once(first.stdout, "data"), once(first, "exit")])) as [
    [Buffer],
    unknown,
  ];
  expect(line.toString().trim()).toBe("started false");
  const second = await resolveRedis({ dataDir, env, log });
  expect(second).toMatchObject({ how: "running", owned: false });
  expect(await answers(second)).toBe("PONG");
});

test("a server that belongs to its caller ends with it; its note then counts for nothing", async () => {
  const options: ResolveRedisOptions = { ...(await newDataDir()), log, stopWithCaller: true };
  const first = await resolveRedis(options);
  const { pid } = noted(options.dataDir);
  expect(first).toMatchObject({ how: "started", owned: true });
  expect(runningRedisUrl(options.dataDir)).toBe(first.url);
  await first.stop();
  expect(identifyProcess(pid)).toBeUndefined();
  expect(runningRedisUrl(options.dataDir)).toBeUndefined();
  const second = await resolveRedis(options);
  expect(second).toMatchObject({ how: "started", owned: true });
  expect(noted(options.dataDir).pid).not.toBe(pid);
  await second.stop();
});

test("a server that was killed comes back at its old address with its data", async () => {
  const options = { ...(await newDataDir()), log };
  const first = await resolveRedis(options);
  process.kill(noted(options.dataDir).pid, "SIGKILL");
  await first.exited;
  const second = await resolveRedis(options);
  expect(second).toMatchObject({ how: "started", url: first.url });
});

test("a note that is damaged, or names a process that is no Redis of ours, is not believed", async () => {
  const options = { ...(await newDataDir()), log };
  await resolveRedis(options).then(() => process.kill(noted(options.dataDir).pid, "SIGKILL"));
  const path = join(options.dataDir, "redis/instance.json");
  const lies = ["", "[]", '{"pid":"x"}', JSON.stringify({ ...noted(options.dataDir), pid: process.pid })];
  for (const lie of lies) {
    writeFileSync(path, lie);
    const redis = await resolveRedis(options);
    expect(redis.how).toBe("started");
    expect(await answers(redis)).toBe("PONG");
    process.kill(noted(options.dataDir).pid, "SIGKILL");
    await redis.exited;
  }
});

test("the note holds the password and is readable by its owner alone", async () => {
  const options = { ...(await newDataDir()), log };
  const redis = await resolveRedis(options);
  expect(statSync(join(options.dataDir, "redis/instance.json")).mode & 0o777).toBe(0o600);
  expect(new URL(redis.url).password).toMatch(/^[0-9a-f]{48}$/);
});

test("a living server that does not answer is an error, never a second server on its data", async () => {
  const options = { ...(await newDataDir()), log };
  await resolveRedis(options);
  const { pid } = noted(options.dataDir);
  process.kill(pid, "SIGSTOP");
  await expect(resolveRedis(options)).rejects.toThrow(`kill ${pid}`);
}, 20_000);
