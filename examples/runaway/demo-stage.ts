// What the demo needs, started as `npm start` does it, but private: a Redis, the api, a worker and the simulator on free
// ports, with a data folder of their own that is gone afterwards. Nothing of the environment reaches them: no real key
// is used, nobody's Redis is written to.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedis } from "@pawl/local-redis";
import { type RunningChild, startChild } from "../../apps/cli/src/up/child.ts";
import { orAbort } from "../../apps/cli/src/up/or-abort.ts";

export type DemoStage = {
  simulatorUrl: string;
  /** Resolves once the api and the worker are there; they start while the bare loop runs. */
  pawl: Promise<{ apiUrl: string; adminKey: string }>;
  close(): Promise<void>;
};

const STOP_GRACE_MS = 8_000;
const root = join(import.meta.dirname, "../..");

export async function openDemoStage(options: {
  say: (line: string) => void;
  signal: AbortSignal;
}): Promise<DemoStage> {
  const { say, signal } = options;
  const ends: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
  };
  try {
    const dataDir = await mkdtemp(join(tmpdir(), "pawl-runaway-"));
    ends.push(() => rm(dataDir, { recursive: true, force: true }));
    const launch = (name: string, readyMessage: "listening" | "ready", env: Record<string, string>) => {
      const child = startChild({
        name,
        entry: join(root, `apps/${name}/src/main.ts`),
        env: { ...own(process.env), PAWL_DATA_DIR: dataDir, LOG_LEVEL: "warn", ...env },
        cwd: root,
        readyMessage,
        logPath: join(dataDir, `logs/${name}.log`),
        say,
      });
      ends.push(() => child.stop(STOP_GRACE_MS));
      return child;
    };
    const simulator = launch("simulator", "listening", { PORT: "0" });
    const simulatorUrl = `http://127.0.0.1:${await portOf(simulator, signal)}`;
    const pawl = startPawl({ dataDir, simulatorUrl, launch, signal, ends, say });
    pawl.catch(() => {}); // whoever waits for it hears of it
    ends.push(() => pawl.catch(() => undefined));
    return { simulatorUrl, pawl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startPawl(start: {
  dataDir: string;
  simulatorUrl: string;
  launch: (name: string, readyMessage: "listening" | "ready", env: Record<string, string>) => RunningChild;
  signal: AbortSignal;
  ends: (() => Promise<unknown>)[];
  say: (line: string) => void;
}): Promise<{ apiUrl: string; adminKey: string }> {
  const { dataDir, simulatorUrl, launch, signal, ends, say } = start;
  const redis = await startRedis({ dir: join(dataDir, "redis"), log: say });
  ends.push(() => redis.stop());
  const adminKey = `pawl_admin_${randomBytes(32).toString("base64url")}`;
  const shared = {
    REDIS_URL: redis.url,
    PAWL_ADMIN_KEY: adminKey,
    PAWL_WEBHOOK_SECRET: `whsec_${randomBytes(32).toString("base64")}`,
  };
  const model = { ANTHROPIC_API_KEY: "simulator", ANTHROPIC_BASE_URL: simulatorUrl };
  const api = launch("api", "listening", { ...shared, PORT: "0" });
  const worker = launch("worker", "ready", { ...shared, ...model });
  const apiPort = await portOf(api, signal);
  await orAbort(worker.ready, signal);
  return { apiUrl: `http://127.0.0.1:${apiPort}`, adminKey };
}

/** Of the environment only what programs need to run at all. */
function own(env: NodeJS.ProcessEnv): Record<string, string> {
  const needed = ["PATH", "HOME", "TMPDIR", "LANG", "SystemRoot", "NODE_COMPILE_CACHE"];
  return Object.fromEntries(
    needed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const])),
  );
}

async function portOf(child: RunningChild, signal: AbortSignal): Promise<number> {
  const { port } = await orAbort(child.ready, signal);
  if (port === undefined) throw new Error("it listens, but did not name its port");
  return port;
}
