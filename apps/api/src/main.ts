/**
 * The api process: environment → config → Redis → app → listen. It says `listening` once it takes requests and
 * `/readyz` says whether it can serve them; a fault in its environment, its config or its Redis ends it with 1.
 */
import { join } from "node:path";
import { createEgressGuard, loadConfig } from "@pawl/agent";
import { resolveRedis } from "@pawl/local-redis";
import { createLog, createShutdown, exitOnEnvironmentError, type Log } from "@pawl/service";
import { openNotices, openStore, parseRedisAddress, type RedisAddress } from "@pawl/store";
import { createApp } from "./app.ts";
import { type ApiEnvironment, readApiEnvironment } from "./environment.ts";
import { listen } from "./http-server.ts";
import { prepareStore } from "./prepare-store.ts";

/** So long may the first look at Redis hold up the listening; then it goes on beside it. */
const FIRST_LOOK_MS = 2_000;

const env = exitOnEnvironmentError(() => readApiEnvironment(process.env));
const log = createLog({ process: "api", level: env.LOG_LEVEL });
try {
  await start(env, log);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  await log.flush();
  process.exit(1);
}

async function start(env: ApiEnvironment, log: Log): Promise<void> {
  const config = await loadConfig(env.PAWL_CONFIG);
  const egress = createEgressGuard({ allow: env.PAWL_EGRESS_ALLOW });
  const address = await redisAddress(env, log);
  const shutdown = createShutdown({ log, graceMs: env.SHUTDOWN_GRACE_MS });

  const onError = quietly(log);
  const store = await openStore({ address, seats: config.seats, failFast: true, onError });
  shutdown.onShutdown("store", () => store.close());
  const notices = openNotices(store, onError);
  shutdown.onShutdown("notices", () => notices.close());

  const closing = shutdown.signal;
  const preparation = prepareStore({ store, log, webhookSecret: env.PAWL_WEBHOOK_SECRET, signal: closing });
  const { promise: looked, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, FIRST_LOOK_MS);
  await Promise.race([preparation.done, looked]).finally(() => clearTimeout(timer));
  preparation.done.catch((error: unknown) => {
    log.error("this Redis cannot be used", { error });
    return shutdown.run("this Redis cannot be used", 1);
  });

  const nowMs = Date.now;
  const app = createApp({
    store,
    notices,
    config,
    egress,
    log,
    consoleDir: join(import.meta.dirname, "../../console/dist"),
    adminKey: env.PAWL_ADMIN_KEY,
    maxBodyBytes: env.PAWL_MAX_BODY_BYTES,
    nowMs,
    notReady: preparation.notReady,
    closing,
  });
  const server = await listen(app, { host: env.HOST, port: env.PORT, nowMs });
  shutdown.onShutdown("http server", () => server.close());
  log.announce("listening", { host: env.HOST, port: server.port });
}

async function redisAddress(env: ApiEnvironment, log: Log): Promise<RedisAddress> {
  const [first, ...rest] = env.REDIS_URL ?? [];
  if (first !== undefined) {
    return { urls: [first, ...rest], cluster: env.PAWL_REDIS_CLUSTER || rest.length > 0 };
  }
  const redis = await resolveRedis({ dataDir: env.PAWL_DATA_DIR, log: (line) => log.info(line) });
  return parseRedisAddress(redis.url);
}

/** A Redis that is away is told of with every try to reach it: once in ten seconds is enough. */
function quietly(log: Log): (error: Error) => void {
  const EVERY_MS = 10_000;
  let lastMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (performance.now() - lastMs < EVERY_MS) return;
    lastMs = performance.now();
    log.warn("Redis connection", { error });
  };
}
