/**
 * The real system on one machine: api, workers and simulator as processes, a Redis of the file's own. Processes
 * are started as `npm run start:*` starts them, configured by environment alone, and watched by their log lines.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll } from "vitest";
import { type Simulator, startSimulator } from "../../apps/simulator/src/index.ts";
import { ownRedis } from "./redis.ts";

const root = join(import.meta.dirname, "../..");
export const ADMIN_KEY = "pawl_admin_for_tests_only";
export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

export type LogLine = { message: string; level: string; [field: string]: unknown };

export type PawlProcess = {
  child: ChildProcess;
  /** Every log line so far. */
  lines: LogLine[];
  /** Resolves with the first line that has the message; rejects when the process ends before. */
  logged(message: string): Promise<LogLine>;
  /** Sends the signal and resolves when the process has ended, with its exit code (null: killed). */
  end(signal?: NodeJS.Signals): Promise<number | null>;
};

export function startProcess(app: string, env: Record<string, string>): PawlProcess {
  const child = spawn(process.execPath, [join(root, `apps/${app}/src/main.ts`)], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: LogLine[] = [];
  const waiting = new Map<string, ((line: LogLine) => void)[]>();
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4000);
  });
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = parseLine(text);
    lines.push(line);
    for (const resolve of waiting.get(line.message) ?? []) resolve(line);
    waiting.delete(line.message);
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  afterAll(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return {
    child,
    lines,
    logged(message) {
      const found = lines.find((line) => line.message === message);
      if (found) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        waiting.set(message, [...(waiting.get(message) ?? []), resolve]);
        void exited.then((code) => {
          const last = lines.slice(-5).map((line) => JSON.stringify(line));
          reject(new Error(`${app} ended with ${code} before "${message}"\n${last.join("\n")}\n${stderr}`));
        });
      });
    },
    async end(signal = "SIGTERM") {
      child.kill(signal);
      return exited;
    },
  };
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { message: text, level: "text" };
  }
}

export type SystemOptions = {
  workers?: number;
  /** For every process. */
  env?: Record<string, string>;
  /** What the workers talk to instead of the Redis itself: a proxy that misbehaves. */
  workerRedisUrl?: (redisUrl: string) => Promise<string>;
};

export type System = {
  redisUrl: string;
  simulator: Simulator;
  dataDir: string;
  workers: PawlProcess[];
  api: PawlProcess;
  /** The api's base URL. */
  url: string;
  startWorker(env?: Record<string, string>): Promise<PawlProcess>;
  /** A request with the admin key. */
  call(path: string, init?: RequestInit): Promise<Response>;
};

/** Short locks, so that a test does not wait long for a dead worker's task. */
const SHORT_LOCKS = { LOCK_DURATION_MS: "1000", STALLED_INTERVAL_MS: "300" };

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const dataDir = await mkdtemp(join(tmpdir(), "pawl-data-"));
  afterAll(() => rm(dataDir, { recursive: true, force: true }));
  const [redis, simulator] = await Promise.all([ownRedis(), startSimulator()]);
  afterAll(() => simulator.close());
  const shared = {
    REDIS_URL: redis.url,
    PAWL_DATA_DIR: dataDir,
    PAWL_ADMIN_KEY: ADMIN_KEY,
    PAWL_WEBHOOK_SECRET: WEBHOOK_SECRET,
    PAWL_EGRESS_ALLOW: "127.0.0.1",
    ...SHORT_LOCKS,
    ...options.env,
  };
  const workerEnv = {
    ...shared,
    ANTHROPIC_API_KEY: "simulator",
    ANTHROPIC_BASE_URL: simulator.url,
    ...(options.workerRedisUrl ? { REDIS_URL: await options.workerRedisUrl(redis.url) } : {}),
  };
  const startWorker = async (env: Record<string, string> = {}) => {
    const worker = startProcess("worker", { ...workerEnv, ...env });
    workers.push(worker);
    await worker.logged("ready");
    return worker;
  };
  const workers: PawlProcess[] = [];
  const api = startProcess("api", { ...shared, PORT: "0" });
  const [listening] = await Promise.all([
    api.logged("listening"),
    ...Array.from({ length: options.workers ?? 1 }, () => startWorker()),
  ]);
  const url = `http://127.0.0.1:${listening.port}`;
  return {
    redisUrl: redis.url,
    simulator,
    dataDir,
    workers,
    api,
    url,
    startWorker,
    call: (path, init = {}) =>
      fetch(url + path, {
        ...init,
        headers: {
          authorization: `Bearer ${ADMIN_KEY}`,
          "content-type": "application/json",
          ...init.headers,
        },
      }),
  };
}
