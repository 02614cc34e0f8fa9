/** Legs that a script owed to the queue and whose caller died before he added them. */
import { key } from "../keys.ts";
import { enqueueLegs, type OwedLeg } from "../queue.ts";
import type { Store } from "../store.ts";
import { forEachTenant, SWEEP_BATCH } from "./sweep.ts";

const OWED_FOR_MS = 2000; // long after any caller that lives would have added it

/** Returns how many legs were added. `nowMs` is Redis' clock or close to it. */
export function sweepOwed(store: Store, nowMs: number): Promise<number> {
  return forEachTenant(store, async (tenant) => {
    const before = nowMs - OWED_FOR_MS;
    const owed = await store.redis.zrangebyscore(
      key(tenant, "owed"),
      "-inf",
      before,
      "LIMIT",
      0,
      SWEEP_BATCH,
    );
    const legs = owed.map((member): OwedLeg => {
      const dot = member.lastIndexOf(".");
      return { tenant, task: member.slice(0, dot), leg: Number(member.slice(dot + 1)) };
    });
    await enqueueLegs(store, legs);
    return legs.length;
  });
}
