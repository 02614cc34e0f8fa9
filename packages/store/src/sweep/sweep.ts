/**
 * What all sweepers share: they visit every tenant, found in one set and never by scanning the keyspace; each
 * is idempotent and safe in every worker at once, since what it does is decided by a script.
 */
import { globalKeys, type KeyKind, key } from "../keys.ts";
import type { Store } from "../store.ts";

/** At most this many members of a set at a time: one tenant's flood must not starve the next tenant. */
export const SWEEP_BATCH = 500;

export async function forEachTenant(
  store: Store,
  visit: (tenant: string) => Promise<number>,
): Promise<number> {
  let done = 0;
  const errors: unknown[] = [];
  for (const tenant of await store.redis.smembers(globalKeys.tenants)) {
    // One tenant's trouble is not the next one's.
    done += await visit(tenant).catch((error: unknown) => {
      errors.push(error);
      return 0;
    });
  }
  if (errors.length > 0) throw new AggregateError(errors, `a sweep failed for ${errors.length} tenants`);
  return done;
}

/** Redis' clock, the one that alarms are set by. */
export async function redisNowMs(store: Store): Promise<number> {
  const [seconds, microseconds] = await store.redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

/** The members of one of the tenant's sorted sets whose moment has come, the longest overdue first. */
export function dueMembers(
  store: Store,
  tenant: string,
  kind: KeyKind,
  nowMs: number,
  atMost = SWEEP_BATCH,
): Promise<string[]> {
  return store.redis.zrangebyscore(key(tenant, kind), "-inf", nowMs, "LIMIT", 0, atMost);
}
