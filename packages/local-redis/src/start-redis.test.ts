import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { askRedis, readServerState } from "./ask-redis.ts";
import { identifyProcess } from "./process-identity.ts";
import { type RedisServer, type StartRedisOptions, startRedis } from "./start-redis.ts";

const started: RedisServer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pawl-redis-"));
  folders.push(folder);
  return folder;
}

async function start(options: Partial<StartRedisOptions> = {}): Promise<RedisServer> {
  const server = await startRedis({ dir: newFolder(), log: () => undefined, ...options });
  started.push(server);
  return server;
}

const ask = (server: RedisServer, ...commands: string[][]) =>
  askRedis({ host: "127.0.0.1", port: server.port }, commands, 2_000);

test("a started server is ready, on loopback, durable and never evicts", async () => {
  const server = await start();
  expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
  const get = (name: string) => ["CONFIG", "GET", name];
  const replies = await ask(
    server,
    ["PING"],
    get("appendonly"),
    get("appendfsync"),
    get("maxmemory-policy"),
    get("bind"),
    get("save"),
  );
  const values = replies.slice(1).map((reply) => (Array.isArray(reply) ? reply[1] : reply));
  expect(replies[0]).toBe("PONG");
  expect(values).toEqual(["yes", "always", "noeviction", "127.0.0.1", ""]);
});

test("what was acknowledged is there again after a kill -9", async () => {
  const dir = newFolder();
  const first = await start({ dir });
  await ask(first, ["SET", "key", "value"]);
  process.kill(first.pid, "SIGKILL");
  await first.exited;
  expect(await ask(await start({ dir }), ["GET", "key"])).toEqual(["value"]);
});

test("settings and further arguments are obeyed, in a folder with blanks and quotes in its name", async () => {
  const dir = join(newFolder(), `a "quoted" folder`);
  const server = await start({ dir, appendonly: false, extraArgs: ["--maxmemory", "9mb"] });
  const replies = await ask(
    server,
    ["CONFIG", "GET", "appendonly"],
    ["CONFIG", "GET", "maxmemory"],
    ["CONFIG", "GET", "dir"],
  );
  expect(replies).toEqual([
    ["appendonly", "no"],
    ["maxmemory", String(9 * 1024 * 1024)],
    ["dir", dir],
  ]);
});

test("a password keeps others out and is not among the arguments that everybody can read", async () => {
  const server = await start({ password: "s3cret" });
  expect(await ask(server, ["GET", "x"])).toEqual([{ error: "NOAUTH Authentication required." }]);
  expect(server.url).toBe(`redis://:s3cret@127.0.0.1:${server.port}`);
  const address = { host: "127.0.0.1", port: server.port, password: "s3cret" };
  expect(await readServerState(address, 1_000)).toMatchObject({ state: "ready", pid: server.pid });
  if (process.platform === "linux") {
    expect(readFileSync(`/proc/${server.pid}/cmdline`, "utf8")).not.toContain("s3cret");
  }
});

test("stop ends the process, twice is once, and a stopped one (SIGSTOP) is ended the hard way", async () => {
  const server = await start();
  await Promise.all([server.stop(), server.stop()]);
  expect(identifyProcess(server.pid)).toBeUndefined();
  const stuck = await start();
  process.kill(stuck.pid, "SIGSTOP");
  await stuck.stop();
  expect(identifyProcess(stuck.pid)).toBeUndefined();
}, 15_000);

test("a server that dies at start explains itself with the end of its log", async () => {
  const dir = newFolder();
  await (await start({ dir })).stop();
  writeFileSync(join(dir, "appendonlydir", "appendonly.aof.manifest"), "nonsense");
  await expect(start({ dir })).rejects.toThrow(/did not start[\s\S]*AOF manifest/i);
});

test("a given port that is taken is an error; a stranger on it is never mistaken for our server", async () => {
  const stranger = await start();
  await expect(start({ port: stranger.port })).rejects.toThrow("Address already in use");
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = silent.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await expect(start({ port })).rejects.toThrow("Address already in use");
  silent.close();
});

test("a server does not outlive a starter that is killed, unless it is detached", async () => {
  const module = JSON.stringify(join(import.meta.dirname, "start-redis.ts"));
  const script = `const { startRedis } = await import(${module});
    const start = (dir, detached) => startRedis({ dir, detached, log() {} });
    const servers = [await start(${JSON.stringify(newFolder())}, false), await start(${JSON.stringify(newFolder())}, true)];
    console.log(JSON.stringify(servers.map((server) => server.pid))); setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(starter.stdout, "data")) as [Buffer];
  const [tied, detached] = JSON.parse(line.toString()) as [number, number];
  expect(identifyProcess(tied)).toBeDefined();
  starter.kill("SIGKILL");
  await expect.poll(() => identifyProcess(tied), { timeout: 5_000 }).toBeUndefined();
  expect(identifyProcess(detached)).toBeDefined();
  process.kill(detached, "SIGTERM");
});
