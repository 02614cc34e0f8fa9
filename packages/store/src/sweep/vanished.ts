/**
 * Tasks whose leg vanished: they have a seat, but no job in the queue will ever bring them to a worker. It takes a
 * Redis that forgot a queue's write, or a job that ended without its task; rare, but a task must not sleep for ever.
 */
import { legId } from "@pawl/protocol";
import { key } from "../keys.ts";
import { enqueueLegs, Lane, queueNames, queuePrefix } from "../queue.ts";
import { reviveLeg } from "../signal.ts";
import type { Store } from "../store.ts";
import { forEachTenant, SWEEP_BATCH } from "./sweep.ts";

/** Since the leg was made or last claimed: longer than any hand-over between script and queue. */
const SILENT_FOR_MS = 10_000;

/** Where each tenant's walk over its seats goes on: many seats are looked at over several sweeps. */
export type VanishedCursors = Map<string, string>;

/** Returns how many legs were owed again. */
export function sweepVanished(store: Store, nowMs: number, cursors: VanishedCursors): Promise<number> {
  return forEachTenant(store, async (tenant) => {
    const from = cursors.get(tenant) ?? "0";
    const [next, tasks] = await store.redis.sscan(key(tenant, "allSeats"), from, "COUNT", SWEEP_BATCH);
    cursors.set(tenant, next);
    const revived = await Promise.all(tasks.map((task) => revive(store, tenant, task, nowMs)));
    return revived.filter(Boolean).length;
  });
}

async function revive(store: Store, tenant: string, task: string, nowMs: number): Promise<boolean> {
  const [leg, laneName, movedAtMs] = await store.redis.hmget(
    key(tenant, "head", task),
    "leg",
    "lane",
    "moved_at",
  );
  const lane = Lane.safeParse(laneName);
  if (typeof leg !== "string" || !lane.success || nowMs - Number(movedAtMs) < SILENT_FOR_MS) return false;
  if ((await store.redis.zscore(key(tenant, "owed"), legId(task, Number(leg)))) !== null) return false;
  const job = `${queuePrefix}:${queueNames[lane.data]}:${legId(task, Number(leg))}`;
  const [exists, finishedOn] = await Promise.all([
    store.redis.exists(job),
    store.redis.hget(job, "finishedOn"),
  ]);
  if (exists === 1 && finishedOn === null) return false;
  const outcome = await reviveLeg(store, { tenant, task, leg: Number(leg) });
  if (outcome.kind !== "done") return false;
  await enqueueLegs(store, outcome.legs);
  return true;
}
