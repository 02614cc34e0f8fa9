/** The worker process: performs tasks, delivers webhooks, runs the rescue loops. Start as many as you like. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { anthropicModel, createEgressGuard, loadConfig } from "@pawl/agent";
import { resolveRedis } from "@pawl/local-redis";
import {
  createLog,
  createShutdown,
  exitOnEnvironmentError,
  readEnvironment,
  serveHealth,
} from "@pawl/service";
import {
  consumeTasks,
  consumeWebhooks,
  inspectRedis,
  openNotices,
  openReplicas,
  openStore,
  parseRedisAddress,
} from "@pawl/store";
import { deliverWebhook } from "./deliver-webhook.ts";
import { Environment } from "./environment.ts";
import { modelProvider } from "./model-provider.ts";
import { performTask } from "./perform-task.ts";
import { endWhenIdle, watchQuarantine } from "./quarantine.ts";
import { runningTasks } from "./running-tasks.ts";
import { startSweepers } from "./sweepers.ts";

const MODEL_IDLE_TIMEOUT_MS = 60_000;
/** Of the grace period, what stays for recording the last steps once a `write` tool was waited for. */
const RECORDING_MS = 1000;
/** After the grace period, for closing what is left: under five seconds in all, by default. */
const CLOSING_MS = 500;
const WEBHOOK_CONCURRENCY = 20;

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
  const running = runningTasks();
  const notices = openNotices(store, onError);
  shutdown.onShutdown("notices", async () => notices.close());
  await notices.onEnded((ended) => running.interrupt(ended, "lost"));

  const replicas = openReplicas(store, onError);
  shutdown.onShutdown("replicas", async () => replicas.close());

  const nowMs = Date.now;
  const deps = {
    store,
    config,
    model: anthropicModel({
      apiKey: env.ANTHROPIC_API_KEY ?? "none",
      baseUrl: env.ANTHROPIC_BASE_URL,
      idleTimeoutMs: MODEL_IDLE_TIMEOUT_MS,
    }),
    modelProvider: modelProvider({ baseUrl: env.ANTHROPIC_BASE_URL }),
    egress,
    running,
    replicas,
    workerId: `${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}`,
    writeGraceMs: Math.max(0, env.SHUTDOWN_GRACE_MS - RECORDING_MS),
    nowMs,
    log,
  };
  const queue = {
    lockDurationMs: env.LOCK_DURATION_MS,
    stalledIntervalMs: env.STALLED_INTERVAL_MS,
    onError,
  };
  const isQuarantine = env.PAWL_LANE === "quarantine";
  if (isQuarantine) {
    const end = (reason: string) => void shutdown.run(reason);
    shutdown.onShutdown(
      "idle watch",
      endWhenIdle(() => running.size() > 0, end),
    );
  } else {
    shutdown.onShutdown("quarantine", watchQuarantine(store, log));
    shutdown.onShutdown("sweepers", startSweepers(store, log, { timeZone: config.timeZone }));
    const webhooks = await consumeWebhooks(store, {
      ...queue,
      concurrency: WEBHOOK_CONCURRENCY,
      process: (job) => deliverWebhook(job, { store, egress, nowMs, random: Math.random, log }),
    });
    shutdown.onShutdown("webhooks", () => webhooks.close());
  }
  const tasks = await consumeTasks(store, {
    ...queue,
    ...(isQuarantine
      ? { lanes: ["quarantine"], concurrency: 1 }
      : { lanes: ["high", "normal", "low"], concurrency: env.WORKER_CONCURRENCY }),
    process: (job) => performTask(job, deps),
    onLeaseLost: (lost) => running.interrupt(lost, "lease_lost"),
  });
  shutdown.onShutdown("tasks", async () => {
    // First no new ones, then those under way are handed back; the queue's close waits for both.
    const closed = tasks.close();
    running.interruptAll("shutdown");
    await closed;
  });

  if (env.WORKER_PORT !== undefined) {
    const health = await serveHealth({
      port: env.WORKER_PORT,
      host: env.HOST,
      ready: async () => ({ redis: (await store.redis.ping()) === "PONG" }),
    });
    shutdown.onShutdown("health", () => health.close());
  }
  log.announce("ready", { worker: deps.workerId, model_provider: await deps.modelProvider() });
}

async function refuseUnfitRedis(redis: Parameters<typeof inspectRedis>[0]): Promise<void> {
  const faults = await inspectRedis(redis);
  for (const { severity, message, fix } of faults) if (severity === "warning") log.warn(message, { fix });
  const errors = faults.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  throw new Error(errors.map(({ message, fix }) => `${message}. Fix: ${fix}`).join("\n"));
}
