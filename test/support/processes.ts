/**
 * The real system on one machine: api, workers and simulator as processes, a Redis of the file's own. Processes
 * are started as `npm run start:*` starts them, configured by environment alone, and watched by their log lines.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type Simulator, startSimulator } from "../../apps/simulator/src/index.ts";
import { ADMIN_KEY, type PawlProcess, spawnPawl, WEBHOOK_SECRET } from "./pawl-process.ts";
import { ownRedis } from "./redis.ts";

export { ADMIN_KEY, type LogLine, type PawlProcess, WEBHOOK_SECRET } from "./pawl-process.ts";

/** A process of the file's own, gone when the file ends. */
export function startProcess(app: string, env: Record<string, string>): PawlProcess {
  const started = spawnPawl(app, env);
  afterAll(() => started.end("SIGKILL"));
  return started;
}

export type SystemOptions = {
  workers?: number;
  /** For every process. */
  env?: Record<string, string>;
  /** Instead of a Redis of its own: a cluster's nodes, or the address that leads to whichever server leads. */
  redisUrl?: string;
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
  const given = options.redisUrl;
  const [redis, simulator] = await Promise.all([given ? { url: given } : ownRedis(), startSimulator()]);
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
