/** Webhook deliveries whose next try is due. */
import { key } from "../keys.ts";
import { enqueueDelivery } from "../queue.ts";
import type { Store } from "../store.ts";
import { forEachTenant, SWEEP_BATCH } from "./sweep.ts";

/** Returns how many tries were queued; one that is in the queue already is not queued again. */
export function sweepDeliveries(store: Store, nowMs: number): Promise<number> {
  return forEachTenant(store, async (tenant) => {
    const due = await store.redis.zrangebyscore(
      key(tenant, "deliveriesDue"),
      "-inf",
      nowMs,
      "WITHSCORES",
      "LIMIT",
      0,
      SWEEP_BATCH,
    );
    const deliveries = due.flatMap((member, i) =>
      i % 2 === 0 ? [{ delivery: member, dueAtMs: Number(due[i + 1]) }] : [],
    );
    await Promise.all(
      deliveries.map(async ({ delivery, dueAtMs }) => {
        const tries = Number(await store.redis.hget(key(tenant, "delivery", delivery), "tries"));
        await enqueueDelivery(store, { tenant, delivery, tries, dueAtMs });
      }),
    );
    return deliveries.length;
  });
}
