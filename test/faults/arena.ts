/**
 * All that takes part, on loopback: api and workers as processes, each behind a network of its own; a real Redis on
 * a fixed port; the simulator; the receiver of webhooks. Everything can be broken from here and made whole again.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@pawl/local-redis";
import { type Simulator, startSimulator } from "../../apps/simulator/src/index.ts";
import { ADMIN_KEY, spawnPawl, WEBHOOK_SECRET } from "../support/pawl-process.ts";
import { type ChaosProxy, openChaosProxy } from "./chaos-proxy.ts";
import { type KeptProcess, keepProcess } from "./kept-process.ts";
import { type KeptRedis, keepRedis } from "./kept-redis.ts";
import type { Random } from "./random.ts";
import { inTime } from "./round.ts";
import { openWebhookWitness, type WebhookWitness } from "./webhook-witness.ts";

/** Short, so that a fault outlasts it soon; long enough for a busy machine not to break it by itself. */
export const LOCK_MS = 2000;
const STALLED_MS = 700;

const START_TIMEOUT_MS = 60_000;

export type Member = KeptProcess & { proxy: ChaosProxy };

export type Arena = {
  redis: KeptRedis;
  simulator: Simulator;
  webhooks: WebhookWitness;
  dataDir: string;
  apiUrl: string;
  api: Member;
  workers: readonly Member[];
  /** Resolves when everything is up and no fault remains. */
  heal(): Promise<void>;
  close(): Promise<void>;
};

/** @throws what the processes said last, where they do not come up */
export async function openArena(options: {
  workers: number;
  random: Random;
  signal: AbortSignal;
}): Promise<Arena> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (let next = closing.pop(); next !== undefined; next = closing.pop()) await next();
  };
  try {
    const dataDir = await mkdtemp(join(tmpdir(), "pawl-faults-"));
    closing.push(() => rm(dataDir, { recursive: true, force: true }));
    const redis = await keepRedis(join(dataDir, "redis"));
    closing.push(redis.close);
    const simulator = await startSimulator();
    closing.push(simulator.close);
    const webhooks = await openWebhookWitness(WEBHOOK_SECRET, options.random.fork("webhooks"));
    closing.push(webhooks.close);
    const apiPort = await findFreePort();

    const env = {
      PAWL_DATA_DIR: dataDir,
      PAWL_CONFIG: join(import.meta.dirname, "faults.config.ts"),
      PAWL_ADMIN_KEY: ADMIN_KEY,
      PAWL_WEBHOOK_SECRET: WEBHOOK_SECRET,
      PAWL_EGRESS_ALLOW: "127.0.0.1",
      LOCK_DURATION_MS: String(LOCK_MS),
      STALLED_INTERVAL_MS: String(STALLED_MS),
      // Processes are started again and again: stripping types must not cost anew each time.
      NODE_COMPILE_CACHE: join(dataDir, "compile-cache"),
    };
    const member = async (name: string, app: string, upLine: string, own: Record<string, string>) => {
      const proxy = await openChaosProxy(redis.port);
      closing.push(proxy.close);
      const REDIS_URL = `redis://127.0.0.1:${proxy.port}`;
      const kept = keepProcess({ name, upLine, spawn: () => spawnPawl(app, { ...env, ...own, REDIS_URL }) });
      closing.push(kept.close);
      return { ...kept, proxy };
    };
    const model = { ANTHROPIC_API_KEY: "simulator", ANTHROPIC_BASE_URL: simulator.url };
    const api = await member("api", "api", "listening", { PORT: String(apiPort) });
    const workers: Member[] = [];
    for (let n = 1; n <= options.workers; n += 1)
      workers.push(await member(`worker ${n}`, "worker", "ready", model));
    const members = [api, ...workers];
    const up = Promise.all(members.map((each) => each.heal()));
    await inTime("start", START_TIMEOUT_MS, up, options.signal).catch((error: unknown) => {
      const said = members.map((each) => `${each.name}: ${each.lastWords()}`).join("\n");
      throw new Error(`the system does not come up\n${said}`, { cause: error });
    });

    return {
      redis,
      simulator,
      webhooks,
      dataDir,
      apiUrl: `http://127.0.0.1:${apiPort}`,
      api,
      workers,
      async heal() {
        await redis.heal();
        for (const { proxy } of members) proxy.heal();
        webhooks.heal();
        await Promise.all(members.map((each) => each.heal()));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
