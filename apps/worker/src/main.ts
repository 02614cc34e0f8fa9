/** The worker process: performs tasks, delivers webhooks, runs the rescue loops. Start as many as you like. */
import { anthropicModel, createEgressGuard, loadConfig } from "@pawl/agent";
import { resolveRedis } from "@pawl/local-redis";
import {
  createLog,
  createMetrics,
  createShutdown,
  exitOnEnvironmentError,
  readEnvironment,
  serveHealth,
} from "@pawl/service";
import { inspectRedis, openStore, parseRedisAddress } from "@pawl/store";
import { Environment } from "./environment.ts";
import { modelProvider } from "./model-provider.ts";
import { startWorker } from "./start-worker.ts";
import { taskMetrics } from "./task-metrics.ts";

const MODEL_IDLE_TIMEOUT_MS = 60_000;
/** Of the grace period, what stays for recording the last steps once a `write` tool was waited for. */
const RECORDING_MS = 1000;
/** After the grace period, for closing what is left: under five seconds in all, by default. */
const CLOSING_MS = 300;

const env = exitOnEnvironmentError(() => readEnvironment(Environment, process.env));
const log = createLog({ process: "worker", level: env.LOG_LEVEL });
const shutdown = createShutdown({ log, graceMs: env.SHUTDOWN_GRACE_MS + CLOSING_MS });

try {
  await start();
} catch (error) {
  log.error("the worker could not start", { error });
  await shutdown.run("start failed", 1);
}

async function start(): Promise<void> {
  const config = await loadConfig(env.PAWL_CONFIG);
  const local = env.REDIS_URL
    ? undefined
    : await resolveRedis({ dataDir: env.PAWL_DATA_DIR, log: (line) => log.info(line) });
  const address = parseRedisAddress(env.REDIS_URL ?? local?.url ?? "", env.PAWL_REDIS_CLUSTER);
  const onError = (error: Error) => log.warn("redis", { error });
  const store = await openStore({ address, failFast: false, onError });
  shutdown.onShutdown("store", () => store.close());
  await refuseUnfitRedis(store.redis);

  const egress = createEgressGuard({ allow: env.PAWL_EGRESS_ALLOW });
  shutdown.onShutdown("egress", () => egress.close());
  const modelOfEnv = modelProvider({ baseUrl: env.ANTHROPIC_BASE_URL });
  const onIdle = (reason: string) => void shutdown.run(reason);
  const metrics = createMetrics("worker");
  const { workerId } = await startWorker(
    {
      store,
      config,
      model: anthropicModel({
        apiKey: env.ANTHROPIC_API_KEY ?? "none",
        baseUrl: env.ANTHROPIC_BASE_URL,
        idleTimeoutMs: MODEL_IDLE_TIMEOUT_MS,
      }),
      modelProvider: modelOfEnv,
      providerName: new URL(env.ANTHROPIC_BASE_URL ?? "https://api.anthropic.com").host,
      egress,
      nowMs: Date.now,
      log,
      metrics: taskMetrics(metrics),
      onError,
      onClose: shutdown.onShutdown,
    },
    {
      concurrency: env.WORKER_CONCURRENCY,
      lockDurationMs: env.LOCK_DURATION_MS,
      stalledIntervalMs: env.STALLED_INTERVAL_MS,
      writeGraceMs: Math.max(0, env.SHUTDOWN_GRACE_MS - RECORDING_MS),
      ...(env.PAWL_LANE === "quarantine" ? { quarantine: { onIdle } } : {}),
    },
  );

  if (env.WORKER_PORT !== undefined) {
    const health = await serveHealth({
      port: env.WORKER_PORT,
      metrics,
      host: env.HOST,
      ready: async () => ({ redis: (await store.redis.ping()) === "PONG" }),
    });
    shutdown.onShutdown("health", () => health.close());
  }
  log.announce("ready", { worker: workerId, model_provider: await modelOfEnv() });
}

async function refuseUnfitRedis(redis: Parameters<typeof inspectRedis>[0]): Promise<void> {
  const faults = await inspectRedis(redis);
  for (const { severity, message, fix } of faults) if (severity === "warning") log.warn(message, { fix });
  const errors = faults.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  throw new Error(errors.map(({ message, fix }) => `${message}. Fix: ${fix}`).join("\n"));
}
