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
    for (const account of accounts) {
      const legs = await recheckLine(store, tenant, account);
      await enqueueLegs(store, legs);
      woken += legs.length;
    }
    return woken;
  });
}
