import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { askRedis } from "./ask-redis.ts";
import { findRedisBinary, whichAll } from "./find-redis.ts";
import { RedisUnavailableError } from "./redis-unavailable.ts";
import { startRedis } from "./start-redis.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pawl-find-"));
  folders.push(folder);
  return folder;
}

/** A folder to be the only one on PATH, holding these small shell programs. */
function folderWith(programs: Record<string, string>): string {
  const folder = newFolder();
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const saysVersion = (version: string) =>
  `echo "Redis server v=${version} sha=00000000:0 malloc=libc bits=64"`;
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error) => error,
  );

test("with nothing on PATH the error says what was tried and which commands help", async () => {
  const env = { PATH: newFolder() };
  const error = await failure(findRedisBinary({ dataDir: newFolder(), log: () => undefined, env }));
  expect(error).toBeInstanceOf(RedisUnavailableError);
  const message = error instanceof Error ? error.message : "";
  expect(message).toContain("redis-server: not on PATH");
  expect(message).toContain("apt: not on this machine");
  expect(message).toContain("sudo apt-get install redis-server");
  expect(message).toContain("brew install valkey");
  expect(message).toContain("export REDIS_URL=redis://HOST:6379");
});

test("starting a server adds docker to what was tried", async () => {
  const start = (env: NodeJS.ProcessEnv) =>
    failure(startRedis({ dir: newFolder(), dataDir: newFolder(), log: () => undefined, env }));
  expect(String(await start({ PATH: newFolder() }))).toContain("docker: not on PATH");
  const docker = folderWith({ docker: "echo 'Cannot connect to the Docker daemon'; exit 1" });
  expect(String(await start({ PATH: docker }))).toContain("docker: Cannot connect to the Docker daemon");
});

test("a new enough server on PATH is taken, redis before valkey", async () => {
  const both = folderWith({ "redis-server": saysVersion("7.0.15"), "valkey-server": saysVersion("8.1.1") });
  const valkey = folderWith({ "valkey-server": saysVersion("8.1.1") });
  const find = (PATH: string) =>
    findRedisBinary({ dataDir: newFolder(), log: () => undefined, env: { PATH } });
  expect(await find(both)).toEqual({ command: join(both, "redis-server"), version: "7.0.15", how: "path" });
  expect(await find(valkey)).toMatchObject({ version: "8.1.1", how: "path" });
});

test("a server that is too old is passed over and named in the error", async () => {
  const old = folderWith({ "redis-server": saysVersion("6.0.16") });
  const newer = folderWith({ "redis-server": saysVersion("6.2.0") });
  const find = (PATH: string) =>
    findRedisBinary({ dataDir: newFolder(), log: () => undefined, env: { PATH } });
  expect(await find(`${old}:${newer}`)).toMatchObject({ command: join(newer, "redis-server") });
  expect(String(await failure(find(old)))).toContain("6.0.16 is older than 6.2");
});

test("a server reached through a symlink of another name counts, as on Debian", async () => {
  const folder = folderWith({ "redis-check-rdb": saysVersion("7.0.15") });
  symlinkSync("redis-check-rdb", join(folder, "redis-server"));
  const found = await findRedisBinary({ dataDir: newFolder(), log: () => undefined, env: { PATH: folder } });
  expect(found.command).toBe(join(folder, "redis-server"));
});

test("a relative folder on PATH is never searched", () => {
  expect(whichAll("sh", { PATH: "bin:." })).toEqual([]);
});

test("a download that was cut half-way is no copy", async () => {
  const dataDir = newFolder();
  mkdirSync(join(dataDir, "redis-server/partial/root/usr/bin"), { recursive: true });
  writeFileSync(join(dataDir, "redis-server/partial/root/usr/bin/redis-server"), "half");
  mkdirSync(join(dataDir, "redis-server/copy"), { recursive: true });
  const find = findRedisBinary({ dataDir, log: () => undefined, env: { PATH: newFolder() } });
  expect(await failure(find)).toBeInstanceOf(RedisUnavailableError);
});

/** PATH with everything it has, but no Redis: what a fresh machine offers. */
function pathWithoutRedis(): string {
  const folders = (process.env.PATH ?? "").split(":");
  const servers = ["redis-server", "valkey-server"];
  const clean = newFolder();
  for (const name of ["apt-get", "dpkg", "dpkg-deb", "tar", "sh", "rm"]) {
    const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) symlinkSync(found, join(clean, name));
  }
  const harmless = folders.filter((folder) => !servers.some((name) => existsSync(join(folder, name))));
  return [clean, ...harmless].join(":");
}

test("a machine without Redis fetches a private copy once, and it runs", { timeout: 300_000 }, async () => {
  const dataDir = newFolder();
  const env = { ...process.env, PATH: pathWithoutRedis() };
  const lines: string[] = [];
  const find = () => findRedisBinary({ dataDir, log: (line) => lines.push(line), env });
  const [first, second] = await Promise.allSettled([find(), find()]);
  if (first.status === "rejected" || second.status === "rejected") {
    // Without apt, or without a way to its sources, the answer is the one clear error, and nothing is left.
    const reason = String(first.status === "rejected" ? first.reason : second);
    expect(reason).toContain("Do one of these");
    expect(reason).toMatch(
      /apt: not on this machine|Could not resolve|Unable to|Temporary failure|Failed to fetch/,
    );
    expect(existsSync(join(dataDir, "redis-server/copy"))).toBe(false);
    return;
  }
  expect([first.value.how, second.value.how].sort()).toEqual(["downloaded", "private"]);
  expect(lines.filter((line) => line.includes("downloading"))).toHaveLength(1);
  expect(readdirSync(join(dataDir, "redis-server"))).toEqual(["copy"]);
  expect((await find()).how).toBe("private");

  const server = await startRedis({ dataDir, dir: join(dataDir, "data"), env, log: () => undefined });
  expect(await askRedis({ host: "127.0.0.1", port: server.port }, [["PING"]], 1_000)).toEqual(["PONG"]);
  await server.stop();
});
