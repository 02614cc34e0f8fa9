/**
 * Answers "which Redis do I use?" for every process of this machine that was not told by REDIS_URL.
 * All who name the same data folder get the same server: the first starts it, the others find it through
 * `<dataDir>/redis/instance.json`, all under one lock.
 *
 * How long it lives: a server started by a process that stands alone (`npm run start:api`) is left running
 * when that process ends, for its neighbours still work with it. A server started with `stopWithCaller`
 * (`npm start`) ends with that caller, or, if the caller was killed, soon after it. It comes back on its old
 * port with its old password where it can, so that clients of a restarted server find it again.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readServerState } from "./ask-redis.ts";
import { withFileLock } from "./file-lock.ts";
import { identifyProcess, isSameProcess, type ProcessIdentity } from "./process-identity.ts";
import { startRedis } from "./start-redis.ts";

export type ResolveRedisOptions = {
  /** REDIS_URL. When given it is used as it is and nothing is started; empty counts as not given. */
  redisUrl?: string | undefined;
  dataDir: string;
  log: (line: string) => void;
  /** End a server that this call starts together with this process. Default: leave it running. */
  stopWithCaller?: boolean;
  env?: NodeJS.ProcessEnv;
};

export type ResolvedRedis = {
  url: string;
  /** Whether stop() ends the server. */
  owned: boolean;
  how: "given" | "running" | "started";
  /** Resolves when a server started by this call has ended; never for any other. */
  exited: Promise<void>;
  stop(): Promise<void>;
};

const LOCK_TIMEOUT_MS = 15 * 60_000; // the holder may be downloading
const ANSWER_TIMEOUT_MS = 1_000;
const SILENCE_TIMEOUT_MS = 5_000;

/** What is kept about our own server. `pid` is absent in effect once that process is gone. */
type Instance = ProcessIdentity & { port: number; password: string; runId: string };

/** @throws RedisUnavailableError, or Error when our own server is alive but does not answer. */
export async function resolveRedis(options: ResolveRedisOptions): Promise<ResolvedRedis> {
  if (options.redisUrl) return borrowed(options.redisUrl, "given");
  const dir = resolve(options.dataDir, "redis");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const lock = {
    path: join(dir, "lock"),
    timeoutMs: LOCK_TIMEOUT_MS,
    onWait: () => options.log("another process is starting Redis; waiting for it"),
  };
  return withFileLock(lock, async () => {
    const last = readInstance(dir);
    if (last && (await isRunning(last, options.log))) return borrowed(urlOf(last), "running");
    return start(options, dir, last);
  });
}

/** The server of a data folder, if one is noted there and its process lives; nothing is asked of it or started. */
export function runningRedisUrl(dataDir: string): string | undefined {
  const noted = readInstance(resolve(dataDir, "redis"));
  return noted !== undefined && isSameProcess(noted) ? urlOf(noted) : undefined;
}

async function start(
  options: ResolveRedisOptions,
  dir: string,
  last: Instance | undefined,
): Promise<ResolvedRedis> {
  const stopWithCaller = options.stopWithCaller ?? false;
  const password = last?.password ?? randomBytes(24).toString("hex");
  const server = await startRedis({
    dir,
    dataDir: options.dataDir,
    password,
    detached: !stopWithCaller,
    log: options.log,
    ...(last && (await isFree(last.port)) ? { port: last.port } : {}),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const identity = identifyProcess(server.pid) ?? { pid: server.pid, startedAt: "" };
  writeInstance(dir, { ...identity, port: server.port, password, runId: server.runId });
  const stop = stopWithCaller ? server.stop : async () => undefined;
  return { url: server.url, owned: stopWithCaller, how: "started", exited: server.exited, stop };
}

/**
 * Whether the noted server is alive and is the one that was noted. A living one that stays silent is an
 * error, never a reason to start a second one: two servers on one data folder would destroy it.
 */
async function isRunning(noted: Instance, log: (line: string) => void): Promise<boolean> {
  const address = { host: "127.0.0.1", port: noted.port, password: noted.password };
  let silentSinceMs = performance.now();
  while (isSameProcess(noted)) {
    const found = await readServerState(address, ANSWER_TIMEOUT_MS).catch(() => undefined);
    if (found?.state === "ready" && found.runId === noted.runId) return true;
    if (found?.state === "loading") silentSinceMs = performance.now();
    if (performance.now() - silentSinceMs > SILENCE_TIMEOUT_MS) {
      const what = `The Redis of this data folder (process ${noted.pid}, port ${noted.port}) is alive but does not answer`;
      throw new Error(
        `${what}${found ? `: ${found.detail}` : ""}.\nEnd it with "kill ${noted.pid}", then try again.`,
      );
    }
    if (found === undefined) log(`waiting for Redis (process ${noted.pid}) to answer`);
    await delay(100);
  }
  return false;
}

function borrowed(url: string, how: "given" | "running"): ResolvedRedis {
  return { url, owned: false, how, exited: new Promise(() => undefined), stop: async () => undefined };
}

function urlOf(instance: Instance): string {
  return `redis://:${instance.password}@127.0.0.1:${instance.port}`;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const server = createServer();
    server.once("error", () => answer(false));
    server.listen(port, "127.0.0.1", () => server.close(() => answer(true)));
  });
}

function readInstance(dir: string): Instance | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(join(dir, "instance.json"), "utf8"));
    return isInstance(found) ? found : undefined;
  } catch {
    return undefined; // missing or damaged: nothing is known
  }
}

function isInstance(value: unknown): value is Instance {
  if (typeof value !== "object" || value === null) return false;
  const { pid, startedAt, port, password, runId } = value as Record<string, unknown>;
  const isPort = typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536;
  const texts = [startedAt, runId, password].every((text) => typeof text === "string");
  return isPort && texts && typeof pid === "number" && /^[0-9a-f]+$/.test(String(password));
}

/** Complete or not at all, and readable by its owner alone: it holds the password. */
function writeInstance(dir: string, instance: Instance): void {
  const draft = join(dir, `instance.${process.pid}.draft`);
  writeFileSync(draft, `${JSON.stringify(instance, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, join(dir, "instance.json"));
}
