/** Legs that a script owed to the queue and whose caller died before he added them. */
import { key } from "../keys.ts";
import { enqueueLegs, Lane, type OwedLeg } from "../queue.ts";
import type { Store } from "../store.ts";
import { dueMembers, forEachTenant } from "./sweep.ts";

const OWED_FOR_MS = 2000; // long after any caller that lives would have added it

/** Returns how many legs were added. `nowMs` is Redis' clock or close to it. */
export function sweepOwed(store: Store, nowMs: number): Promise<number> {
  return forEachTenant(store, async (tenant) => {
    const before = nowMs - OWED_FOR_MS;
    const owed = await dueMembers(store, tenant, "owed", before);
    const legs = await Promise.all(owed.map((member) => owedLeg(store, tenant, member)));
    await enqueueLegs(
      store,
      legs.filter((leg) => leg !== undefined),
    );
    return legs.length;
  });
}

/** A leg whose task has moved on meanwhile is owed no more. */
async function owedLeg(store: Store, tenant: string, member: string): Promise<OwedLeg | undefined> {
  const dot = member.lastIndexOf(".");
  const [task, leg] = [member.slice(0, dot), member.slice(dot + 1)];
  const [currentLeg, lane] = await store.redis.hmget(key(tenant, "head", task), "leg", "lane");
  if (currentLeg === leg) return { tenant, task, leg: Number(leg), lane: Lane.parse(lane) };
  await store.redis.zrem(key(tenant, "owed"), member);
  return undefined;
}
