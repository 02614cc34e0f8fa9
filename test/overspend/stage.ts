/** All that takes part, on loopback: api, workers and Redis as processes that are killed and come back; the simulator. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Simulator, startSimulator } from "../../apps/simulator/src/index.ts";
import type { ScenarioInput } from "../../apps/simulator/src/scenario.ts";
import { type KeptProcess, keepProcess } from "../faults/kept-process.ts";
import { type KeptRedis, keepRedis } from "../faults/kept-redis.ts";
import { inTime } from "../faults/round.ts";
import { ADMIN_KEY, spawnPawl, WEBHOOK_SECRET } from "../support/pawl-process.ts";

export type Stage = {
  redis: KeptRedis;
  simulator: Simulator;
  apiUrl: string;
  api: KeptProcess;
  workers: readonly KeptProcess[];
  /** Resolves when everything is up again. */
  heal(): Promise<void>;
  close(): Promise<void>;
};

const START_TIMEOUT_MS = 60_000;

/** @throws what the processes said last, where they do not come up */
export async function openStage(options: {
  workers: number;
  scenario: ScenarioInput;
  /** A module beside the one that overspends. */
  config?: string;
  signal: AbortSignal;
}): Promise<Stage> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (let next = closing.pop(); next !== undefined; next = closing.pop()) await next();
  };
  try {
    const dataDir = await mkdtemp(join(tmpdir(), "pawl-overspend-"));
    // A process that was killed may still be letting go of its files.
    closing.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
    const redis = await keepRedis(join(dataDir, "redis"));
    closing.push(redis.close);
    const simulator = await startSimulator({ scenario: options.scenario });
    closing.push(simulator.close);
    const env = {
      REDIS_URL: redis.url,
      PAWL_DATA_DIR: dataDir,
      PAWL_CONFIG: options.config ?? join(import.meta.dirname, "overspend.config.ts"),
      PAWL_ADMIN_KEY: ADMIN_KEY,
      PAWL_WEBHOOK_SECRET: WEBHOOK_SECRET,
      // Short, so that the task of a killed worker is soon another's.
      LOCK_DURATION_MS: "2000",
      STALLED_INTERVAL_MS: "700",
      NODE_COMPILE_CACHE: join(dataDir, "compile-cache"),
    };
    const model = { ANTHROPIC_API_KEY: "simulator", ANTHROPIC_BASE_URL: simulator.url };
    const keep = (name: string, app: string, upLine: string, own: Record<string, string>) => {
      const kept = keepProcess({ name, upLine, spawn: () => spawnPawl(app, { ...env, ...own }) });
      closing.push(kept.close);
      return kept;
    };
    const api = keep("api", "api", "listening", { PORT: "0" });
    const workers = Array.from({ length: options.workers }, (_, i) =>
      keep(`worker ${i + 1}`, "worker", "ready", model),
    );
    const members = [api, ...workers];
    const up = Promise.all(members.map((each) => each.heal()));
    await inTime("start", START_TIMEOUT_MS, up, options.signal).catch((error: unknown) => {
      const said = members.map((each) => `${each.name}: ${each.lastWords()}`).join("\n");
      throw new Error(`the system does not come up\n${said}`, { cause: error });
    });
    const apiPort = api.log().find(({ message }) => message === "listening")?.port;
    return {
      redis,
      simulator,
      apiUrl: `http://127.0.0.1:${apiPort}`,
      api,
      workers,
      async heal() {
        await redis.heal();
        await Promise.all(members.map((each) => each.heal()));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
