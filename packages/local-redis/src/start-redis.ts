/**
 * Starts one Redis server of our own and ends it again.
 * Promises: it listens on loopback only; what it acknowledged is on disk (AOF, fsync before each reply,
 * unless asked otherwise) and nothing is ever evicted; when this resolves it answers PING and is done
 * loading; and it does not outlive its starter, not even one that is killed, unless `detached`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readServerState } from "./ask-redis.ts";
import { DOCKER_DATA_DIR, type DockerRedis, dockerRunArgs, prepareDocker } from "./docker-redis.ts";
import { findRedisBinary, type RedisBinary, withLibraryPath } from "./find-redis.ts";
import { findFreePort } from "./free-port.ts";
import { RedisUnavailableError } from "./redis-unavailable.ts";
import { lastLines, runCommand } from "./run-command.ts";

export type StartRedisOptions = {
  /** Where the server keeps its data and its log; created when missing. One server per folder. */
  dir: string;
  /** Where a private copy of the program is kept; by default `.pawl` at the root of the repository. */
  dataDir?: string;
  /** 0 or left out: a free one. */
  port?: number;
  appendonly?: boolean;
  appendfsync?: "always" | "everysec" | "no";
  password?: string;
  /** Further server arguments, for example `["--maxmemory", "10mb"]`; they win over everything above. */
  extraArgs?: readonly string[];
  /** Lives on when its starter ends. Whoever asks for this must see to its end. */
  detached?: boolean;
  log: (line: string) => void;
  env?: NodeJS.ProcessEnv;
};

export type RedisServer = {
  url: string;
  port: number;
  pid: number;
  /** The identity Redis gave itself for this run. */
  runId: string;
  /** Resolves when the server has ended, for whatever reason. */
  exited: Promise<void>;
  /** Asks it to finish (it flushes its log), and ends it the hard way if it does not. Safe to call twice. */
  stop(): Promise<void>;
};

const PORT_ATTEMPTS = 5;
const POLL_MS = 5;
/** Silence after which a start has failed; time spent loading data is not silence. */
const READY_TIMEOUT_MS = 30_000;
const LOADING_NOTICE_MS = 5_000;
const STOP_TIMEOUT_MS = 5_000;
const LOG_SIZE_LIMIT_BYTES = 1024 * 1024;

/** @throws RedisUnavailableError when there is no server program; Error with the end of the server's log when it dies at start. */
export async function startRedis(options: StartRedisOptions): Promise<RedisServer> {
  const env = options.env ?? process.env;
  const program = await findProgram(options, env);
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port || (await findFreePort());
    const outcome = await launch({ ...options, dir, env, port, program });
    if ("server" in outcome) return outcome.server;
    // Somebody took the free port between our look and the server's bind.
    const isPortTaken = /Address already in use|port is already allocated/i.test(outcome.failure);
    if (options.port || !isPortTaken || attempt === PORT_ATTEMPTS) {
      throw new Error(`Redis did not start in ${dir}. The end of its log:\n${outcome.failure}`);
    }
  }
}

type Program = { binary: RedisBinary } | { docker: DockerRedis };

async function findProgram(options: StartRedisOptions, env: NodeJS.ProcessEnv): Promise<Program> {
  const dataDir = options.dataDir ?? resolve(import.meta.dirname, "../../../.pawl");
  try {
    return { binary: await findRedisBinary({ dataDir, log: options.log, env }) };
  } catch (error) {
    if (!(error instanceof RedisUnavailableError)) throw error;
    const docker = await prepareDocker(error, { env, log: options.log });
    if ("problem" in docker) throw new RedisUnavailableError([...error.attempts, docker.problem]);
    return { docker };
  }
}

type Launch = StartRedisOptions & { dir: string; env: NodeJS.ProcessEnv; port: number; program: Program };

async function launch(options: Launch): Promise<{ server: RedisServer } | { failure: string }> {
  const { program, port, password } = options;
  const serverLog = openServerLog(options.dir);
  const [command, prefix, env] =
    "docker" in program
      ? [program.docker.command, dockerRunArgs(program.docker, options.dir, port), options.env]
      : [program.binary.command, [], withLibraryPath(options.env, program.binary.libraryPath)];
  const child = spawn(command, [...prefix, ...(options.extraArgs ?? []), "-"], {
    env,
    stdio: ["pipe", serverLog.fd, serverLog.fd],
    // A session of its own: Ctrl-C in a terminal must reach the server through stop(), after its clients.
    detached: true,
  });
  closeSync(serverLog.fd);
  const ending = watchEnd(child);
  const guard = options.detached || child.pid === undefined ? undefined : guardAgainstOrphans(child.pid);
  void ending.exited.then(() => guard?.kill("SIGKILL"));
  // By stdin, because arguments are readable by every user of the machine and one of these is a password.
  child.stdin?.on("error", () => undefined); // it died before reading; `ending` tells
  child.stdin?.end(describeServer(options));

  const address = { host: "127.0.0.1", port, ...(password === undefined ? {} : { password }) };
  const isOurs = (pid: number) => "docker" in program || pid === child.pid;
  const state = await waitUntilReady({
    address,
    isOurs,
    hasEnded: () => ending.how() !== "",
    log: options.log,
  });
  if (state === undefined || child.pid === undefined) {
    const silent = ending.how() === "" ? `it did not answer within ${READY_TIMEOUT_MS / 1000} s` : "";
    await killHard(child, program, options.env);
    await ending.exited;
    const written = readFileSync(serverLog.path, "utf8").slice(serverLog.start);
    return { failure: lastLines(`${written}\n${silent || ending.how()}`, 12) };
  }
  child.unref();
  const stop = async () => {
    if (ending.how() === "") child.kill("SIGTERM");
    const timer = setTimeout(() => void killHard(child, program, options.env), STOP_TIMEOUT_MS);
    await ending.exited;
    clearTimeout(timer);
  };
  const url = password === undefined ? `redis://127.0.0.1:${port}` : `redis://:${password}@127.0.0.1:${port}`;
  return { server: { url, port, pid: child.pid, runId: state.runId, exited: ending.exited, stop } };
}

/** `how()` is empty while the child lives. */
function watchEnd(child: ChildProcess): { exited: Promise<void>; how: () => string } {
  let how = "";
  const exited = new Promise<void>((resolve) => {
    const end = (reason: string) => {
      how = reason;
      resolve();
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => end(`it ended with ${signal ?? `code ${code}`}`));
  });
  return { exited, how: () => how };
}

function describeServer(options: Launch): string {
  const isDocker = "docker" in options.program;
  const quote = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  return [
    `port ${options.port}`,
    // A container's own loopback cannot be published; there docker publishes on ours alone.
    isDocker ? "bind 0.0.0.0" : "bind 127.0.0.1",
    `protected-mode ${isDocker ? "no" : "yes"}`,
    ...(options.password === undefined ? [] : [`requirepass ${quote(options.password)}`]),
    `dir ${quote(isDocker ? DOCKER_DATA_DIR : options.dir)}`,
    "daemonize no",
    'save ""',
    `appendonly ${(options.appendonly ?? true) ? "yes" : "no"}`,
    `appendfsync ${options.appendfsync ?? "always"}`,
    "maxmemory-policy noeviction",
    "",
  ].join("\n");
}

/** The server's state once it is ready, or undefined when it ended or stayed silent for too long. */
async function waitUntilReady(options: {
  address: { host: string; port: number; password?: string };
  isOurs: (pid: number) => boolean;
  hasEnded: () => boolean;
  log: (line: string) => void;
}): Promise<{ runId: string } | undefined> {
  let silentSinceMs = performance.now();
  let noticedAtMs = silentSinceMs;
  while (!options.hasEnded()) {
    const state = await readServerState(options.address, 1_000).catch(() => undefined);
    // Another server may hold this port while ours is dying of it: its answer is not ours.
    const isOurs = state !== undefined && options.isOurs(state.pid);
    if (isOurs && state.state === "ready") return state;
    const nowMs = performance.now();
    if (isOurs && state.state === "loading") {
      silentSinceMs = nowMs;
      if (nowMs - noticedAtMs > LOADING_NOTICE_MS) {
        options.log("Redis is reading its data back");
        noticedAtMs = nowMs;
      }
    }
    if (nowMs - silentSinceMs > READY_TIMEOUT_MS) return undefined;
    await delay(POLL_MS);
  }
  return undefined;
}

/**
 * A tiny shell that waits for our end: its stdin is a pipe that only we hold open, so when this process
 * dies in whatever way, `read` returns and the server is asked to finish.
 */
function guardAgainstOrphans(serverPid: number): ChildProcess {
  const script = 'read -r _; kill -TERM "$0"';
  const guard = spawn("/bin/sh", ["-c", script, String(serverPid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guard.on("error", () => undefined); // no shell: stop() still works, only the guard is missing
  guard.stdin.on("error", () => undefined);
  guard.unref();
  if ("unref" in guard.stdin && typeof guard.stdin.unref === "function") guard.stdin.unref();
  return guard;
}

async function killHard(child: ChildProcess, program: Program, env: NodeJS.ProcessEnv): Promise<void> {
  if ("docker" in program) {
    // Killing `docker run` would leave the container behind.
    await runCommand(program.docker.command, ["kill", program.docker.container], { env, timeoutMs: 10_000 });
  }
  child.kill("SIGKILL");
}

/** Appends to `<dir>/redis.log`, begun anew once it is large; `start` is where this run's lines begin. */
function openServerLog(dir: string): { fd: number; path: string; start: number } {
  const path = join(dir, "redis.log");
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const isLarge = sizeBytes > LOG_SIZE_LIMIT_BYTES;
  return { fd: openSync(path, isLarge ? "w" : "a", 0o600), path, start: isLarge ? 0 : sizeBytes };
}
