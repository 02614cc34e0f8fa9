/**
 * What must be true of Redis before requests are served: it answers, it keeps what it is told, and the bootstrap
 * tenant stands. Until then the process listens and says that it is not ready; an outage is waited out, a Redis
 * that is unfit ends the process.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "@pawl/service";
import { globalKeys, inspectRedis, type RedisFault, type Store } from "@pawl/store";
import { BOOTSTRAP_TENANT } from "./api-deps.ts";

const PING_TIMEOUT_MS = 1_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 1_000;

export type Preparation = {
  /** Resolves when Redis is fit and the tenant stands; rejects with an UnfitRedisError. */
  done: Promise<void>;
  /** Why requests cannot be served, or null; within about a second. */
  notReady: () => Promise<string | null>;
};

export class UnfitRedisError extends Error {
  override readonly name = "UnfitRedisError";
}

export function prepareStore(deps: {
  store: Store;
  log: Log;
  webhookSecret: string | undefined;
  signal: AbortSignal;
}): Preparation {
  const { store } = deps;
  let isPrepared = false;
  const done = prepare(deps).then(() => {
    isPrepared = true;
  });
  let asking: Promise<string | null> | undefined;
  return {
    done,
    notReady() {
      // All who ask at once share one PING.
      asking ??= ping(store, () => isPrepared).finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}

async function prepare(deps: Parameters<typeof prepareStore>[0]): Promise<void> {
  const { store, log, signal } = deps;
  for (let retryMs = FIRST_RETRY_MS; !signal.aborted; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
    try {
      refuseUnfit(await inspectRedis(store.redis), log);
      await setUpBootstrapTenant(deps);
      return;
    } catch (error) {
      if (error instanceof UnfitRedisError) throw error;
      if (signal.aborted) return;
      log.warn("waiting for Redis", { error, retry_ms: retryMs });
      await delay(retryMs, undefined, { signal }).catch(() => {});
    }
  }
}

function refuseUnfit(faults: readonly RedisFault[], log: Log): void {
  for (const { severity, message, fix } of faults) {
    if (severity === "warning") log.warn(message, { fix });
  }
  const errors = faults.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  throw new UnfitRedisError(errors.map(({ message, fix }) => `${message}\n  Fix: ${fix}`).join("\n"));
}

async function setUpBootstrapTenant({ store, log, webhookSecret }: Parameters<typeof prepareStore>[0]) {
  const tenant = globalKeys.tenant(BOOTSTRAP_TENANT);
  if (webhookSecret !== undefined) await store.redis.hset(tenant, "webhook_secret", webhookSecret);
  else if ((await store.redis.hexists(tenant, "webhook_secret")) === 0) {
    log.warn("tenant default has no signing secret: set PAWL_WEBHOOK_SECRET, or make the tenant a key");
  }
  await store.redis.sadd(globalKeys.tenants, BOOTSTRAP_TENANT);
}

async function ping(store: Store, isPrepared: () => boolean): Promise<string | null> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve("Redis does not answer."), PING_TIMEOUT_MS);
  const answer = store.redis.ping().then(
    () => (isPrepared() ? null : "Redis was not looked at yet."),
    () => "Redis does not answer.",
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
