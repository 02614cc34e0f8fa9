/** Lines before accounts: whoever frees money wakes them; this finds what a crash or a window's end left. */
import { key } from "../keys.ts";
import { enqueueLegs } from "../queue.ts";
import { recheckLine } from "../signal.ts";
import type { Store } from "../store.ts";
import { forEachTenant } from "./sweep.ts";

/** Returns how many tasks were woken. */
export function sweepLines(store: Store): Promise<number> {
  return forEachTenant(store, async (tenant) => {
    const accounts = await store.redis.zrange(key(tenant, "lines"), "0", "-1");
    let woken = 0;
    const faults: unknown[] = [];
    for (const account of accounts) {
      try {
        const legs = await recheckLine(store, tenant, account);
        await enqueueLegs(store, legs);
        woken += legs.length;
      } catch (error) {
        // One line that cannot be served must not hold up the others.
        faults.push(error);
      }
    }
    if (faults.length > 0) throw new AggregateError(faults, "some lines before accounts were not served");
    return woken;
  });
}
