/** Seats that are free while somebody waits for one: a cap was raised, or the turn was lost. */
import { enqueueLegs } from "../queue.ts";
import { admitWaiting } from "../signal.ts";
import type { Store } from "../store.ts";
import { forEachTenant } from "./sweep.ts";

/** Returns how many tasks got a seat. */
export function sweepSeats(store: Store): Promise<number> {
  return forEachTenant(store, async (tenant) => {
    const legs = await admitWaiting(store, tenant);
    await enqueueLegs(store, legs);
    return legs.length;
  });
}
