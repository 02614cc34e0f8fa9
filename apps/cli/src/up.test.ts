/** `npm start` with small programs in place of the api, the worker and the simulator; Redis is real. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedisBinary } from "@pawl/local-redis";
import { afterAll, afterEach, expect, test } from "vitest";

const API = `
import { createServer } from "node:http";
const AGENT = "support";
const key = "Bearer " + process.env.PAWL_ADMIN_KEY;
const event = (seq: number, type: string, data: object) => "id: " + seq + "\\ndata: " + JSON.stringify({ seq, type, data }) + "\\n\\n";
const task = { id: "task_1", status: "completed", stop_reason: "end_turn", degraded: null, result: { text: "Mostly tea." }, cost: { usd: 0.01 } };
const server = createServer((request, response) => {
  if (request.url === "/crash") process.exit(3);
  if (request.url === "/healthz" || request.url === "/readyz") return void response.end("{}");
  if (request.headers.authorization !== key) return void response.writeHead(401).end();
  if (request.url === "/console/links") return void response.writeHead(201).end('{"path":"/console/#token=once"}');
  if (request.url === "/v1/agents") return void response.end(JSON.stringify({ data: [{ name: AGENT }] }));
  if (request.url?.includes("/events?after=")) return void response.end('{"data":[]}');
  if (request.method === "POST") return void request.setEncoding("utf8").once("data", (body: string) => {
    const { agent = "default" } = JSON.parse(body);
    response.writeHead(agent === AGENT ? 202 : 400, { "content-type": "application/problem+json" });
    response.end(JSON.stringify(agent === AGENT ? task : { code: "invalid_request", detail: "no such agent" }));
  });
  if (!request.url?.endsWith("/events")) return void response.end(JSON.stringify(task));
  response.end(event(1, "tool.completed", { tool: "query_orders", duration_ms: 3 }) + event(2, "task.completed", {}));
});
server.listen(Number(process.env.PORT), process.env.HOST, () => {
  const address = server.address();
  if (typeof address === "object") console.log(JSON.stringify({ message: "listening", port: address?.port, pid: process.pid }));
});
process.on("SIGTERM", () => process.exit(0));`;

const SIMULATOR = `console.log(JSON.stringify({ message: "listening", port: 4242, pid: process.pid })); setInterval(() => {}, 1000);`;

const WORKER = `
const { ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY, REDIS_URL } = process.env;
console.log(JSON.stringify({ message: "env", ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY, REDIS_URL }));
console.log(JSON.stringify({ message: "ready", pid: process.pid }));
console.log(JSON.stringify({ level: "warn", message: "careful" }));
process.on("SIGTERM", () => { console.log(JSON.stringify({ message: "handed back" })); process.exit(0); });
setInterval(() => {}, 1000);`;

type Up = {
  child: ChildProcess;
  folder: string;
  output: () => string;
  exit: Promise<number | string | null>;
};
const started: Up[] = [];
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

afterEach(async () => {
  for (const { child } of started) child.kill("SIGKILL");
  await Promise.all(started.splice(0).map(({ exit }) => exit));
});

async function startUp(
  options: { folder?: string; env?: NodeJS.ProcessEnv; programs?: Record<string, string> } = {},
): Promise<Up> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "pawl-up-"));
  folders.push(folder);
  const sources = { api: API, worker: WORKER, simulator: SIMULATOR, ...options.programs };
  const programs = Object.entries(sources).map(([name, source]) => {
    const path = join(folder, `${name}.ts`);
    writeFileSync(path, source);
    return [name, path];
  });
  // What `up.ts` does when it is run, with other programs.
  const script = `
    const { up } = await import(${JSON.stringify(join(import.meta.dirname, "up.ts"))});
    const { endOnSignals } = await import(${JSON.stringify(join(import.meta.dirname, "up/end-signals.ts"))});
    process.exit(await up({ root: ${JSON.stringify(folder)}, env: process.env, watch: false, signal: endOnSignals(),
      say: (line) => console.log(line), programs: ${JSON.stringify(Object.fromEntries(programs))} }));`;
  const redis = await findRedisBinary({
    dataDir: join(import.meta.dirname, "../../../.pawl"),
    log: () => undefined,
  });
  const {
    ANTHROPIC_API_KEY: _key,
    ANTHROPIC_BASE_URL: _url,
    REDIS_URL: _redis,
    PAWL_DATA_DIR: _data,
    ...rest
  } = process.env;
  const env = {
    ...rest,
    PATH: `${join(redis.command, "..")}:${process.env.PATH}`,
    ...(redis.libraryPath ? { LD_LIBRARY_PATH: redis.libraryPath } : {}),
    PORT: "0",
    ...options.env,
  };
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  // Not "close": that never comes once the test itself has closed the channel.
  const ends = [
    once(child, "exit"),
    child.stdout && once(child.stdout, "close"),
    child.stderr && once(child.stderr, "close"),
  ];
  const exit = Promise.all(ends).then(
    ([how]) => (how as [number | null, string | null]).find((part) => part !== null) ?? null,
  );
  const one = { child, folder, output: () => output, exit };
  started.push(one);
  return one;
}

const said = (one: Up, text: string | RegExp) =>
  expect.poll(one.output, { timeout: 20_000, interval: 20 }).toMatch(text);
const logOf = (one: Up, name: string) => readFileSync(join(one.folder, `.pawl/logs/${name}.log`), "utf8");
const pidsOf = (one: Up, name: string) =>
  [...logOf(one, name).matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
const redisPid = (one: Up) =>
  JSON.parse(readFileSync(join(one.folder, ".pawl/redis/instance.json"), "utf8")).pid as number;

/** Alive, zombies not counted: in a container nobody may collect them. */
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !existsSync("/proc/self/stat") || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};
const everythingOf = (one: Up) => [
  ...["api", "worker", "simulator"].flatMap((name) => pidsOf(one, name)),
  redisPid(one),
];
const allEnd = (pids: number[]) => expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([]);

test("it starts everything, performs the sample task, says what a user needs, and ends it all on SIGTERM", async () => {
  const one = await startUp();
  await said(one, "Ctrl-C ends all of it.");
  const output = one.output();
  expect(output).toContain("no ANTHROPIC_API_KEY: a simulator stands in for the model");
  expect(output).toContain("Sample task task_1 for user C-1042:");
  expect(output).toContain("tool query_orders: done in 3 ms");
  expect(output).toContain("--agent support --user C-1042 --watch");
  expect(output).toMatch(/^task_1 completed$/m);
  expect(output).toContain("Mostly tea.");
  expect(output).toMatch(/API key {2}pawl_admin_/);
  expect(output).toMatch(/Console {2}http:\/\/127\.0\.0\.1:\d+\/console\/#token=once$/m);
  expect(output).toContain("worker: warn: careful");
  expect(logOf(one, "worker")).toContain(
    '"ANTHROPIC_BASE_URL":"http://127.0.0.1:4242","ANTHROPIC_API_KEY":"simulator"',
  );
  const pids = everythingOf(one);
  expect(pids.every(isAlive)).toBe(true);
  one.child.kill("SIGTERM");
  expect(await one.exit).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(logOf(one, "worker")).toContain("handed back");
}, 40_000);

test("a configuration of one's own, without the story's agent, gets a sample that its default agent can do", async () => {
  const one = await startUp({ programs: { api: API.replace('AGENT = "support"', 'AGENT = "default"') } });
  await said(one, "Ctrl-C ends all of it.");
  const output = one.output();
  expect(output).toContain('Sample task task_1: "What is 12 * (3 + 4)? Show how you get there."');
  expect(output).toMatch(/^task_1 completed$/m);
  expect(output).not.toContain("support");
}, 40_000);

test("a second start beside a running one says where it is and touches nothing", async () => {
  const one = await startUp();
  await said(one, "Ctrl-C ends all of it.");
  const url = /API {6}(\S+)/.exec(one.output())?.[1] ?? "";
  const second = await startUp({ folder: one.folder });
  expect(await second.exit).toBe(0);
  expect(second.output()).toContain(`already running at ${url} (process ${one.child.pid})`);
  expect((await fetch(`${url}/healthz`)).ok).toBe(true);
  expect(pidsOf(one, "api")).toHaveLength(1);
}, 40_000);

test("when it is killed, everything it started ends by itself, and the next start works", async () => {
  const one = await startUp();
  await said(one, "Ctrl-C ends all of it.");
  const pids = everythingOf(one);
  one.child.kill("SIGKILL");
  await one.exit;
  await allEnd(pids);
  const next = await startUp({ folder: one.folder });
  await said(next, "Ctrl-C ends all of it.");
}, 40_000);

test("when its parent is gone it ends in good order", async () => {
  const one = await startUp();
  await said(one, "Ctrl-C ends all of it.");
  one.child.disconnect();
  expect(await one.exit).toBe(0);
  expect(logOf(one, "worker")).toContain("handed back");
}, 40_000);

test("an api or a Redis that dies is started again at the same address", async () => {
  const one = await startUp();
  await said(one, "Ctrl-C ends all of it.");
  const url = /API {6}(\S+)/.exec(one.output())?.[1] ?? "";
  await fetch(`${url}/crash`).catch(() => undefined);
  await said(one, "the api is ready again");
  expect((await fetch(`${url}/healthz`)).ok).toBe(true);
  expect(one.output()).toContain("the api ended (exit code 3); starting it again");
  const firstRedis = redisPid(one);
  process.kill(firstRedis, "SIGKILL");
  await expect.poll(() => redisPid(one), { timeout: 10_000 }).not.toBe(firstRedis);
  expect(pidsOf(one, "worker")).toHaveLength(1);
}, 40_000);

test("a child that cannot start is shown with its last words, and all ends with code 1", async () => {
  const worker = `console.error("REDIS_URL: is not a URL"); process.exit(1);`;
  const one = await startUp({ programs: { worker } });
  expect(await one.exit).toBe(1);
  expect(one.output()).toContain("The worker did not start (exit code 1)");
  expect(one.output()).toContain("  REDIS_URL: is not a URL");
  await allEnd([...pidsOf(one, "api"), redisPid(one)]);
}, 40_000);

test("a second Ctrl-C ends it at once, even while a process refuses to end", async () => {
  const worker = `${WORKER.replace("process.exit(0)", "")}`;
  const one = await startUp({ programs: { worker } });
  await said(one, "Ctrl-C ends all of it.");
  const pids = everythingOf(one);
  one.child.kill("SIGINT");
  await said(one, "Stopping");
  // Only a signal that comes clearly later is a second one.
  const again = setInterval(() => one.child.kill("SIGINT"), 100);
  expect(await one.exit).toBe(130);
  clearInterval(again);
  await allEnd(pids);
}, 40_000);

test("with a key or a base URL no simulator is started and the worker gets what was given", async () => {
  const one = await startUp({
    env: { ANTHROPIC_BASE_URL: "http://127.0.0.1:9/", PAWL_ADMIN_KEY: "my-own-admin-key" },
  });
  await said(one, "Ctrl-C ends all of it.");
  expect(one.output()).toContain("the Messages API at http://127.0.0.1:9/");
  expect(one.output()).not.toContain("my-own-admin-key");
  expect(existsSync(join(one.folder, ".pawl/logs/simulator.log"))).toBe(false);
  expect(logOf(one, "worker")).toContain('"ANTHROPIC_BASE_URL":"http://127.0.0.1:9/"');
}, 40_000);

test("faults of the environment are reported together", async () => {
  const one = await startUp({ env: { PORT: "70000", SHUTDOWN_GRACE_MS: "soon" } });
  expect(await one.exit).toBe(1);
  expect(one.output()).toMatch(/PORT[\s\S]*SHUTDOWN_GRACE_MS/);
});

test("a port that was asked for and is taken is an error; nobody else is chosen in its place", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const one = await startUp({ env: { PORT: String(port) } });
  expect(await one.exit).toBe(1);
  expect(one.output()).toContain("EADDRINUSE");
  other.close();
}, 40_000);
