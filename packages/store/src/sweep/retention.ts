/** Finished tasks at the end of their retention: their keys and their places in the listings go. */
import { tenantBase } from "../keys.ts";
import { runScript } from "../scripts.ts";
import type { Store } from "../store.ts";
import { dueMembers, forEachTenant } from "./sweep.ts";

/** Returns how many tasks were forgotten. */
export function sweepRetention(store: Store, nowMs: number): Promise<number> {
  return forEachTenant(store, async (tenant) => {
    const tasks = await Promise.all([
      dueMembers(store, tenant, "retention", nowMs),
      dueMembers(store, tenant, "archived", nowMs),
    ]);
    const forgotten = await Promise.all(
      tasks.flat().map((task) => runScript(store.redis, store.scripts.forget, tenantBase(tenant), [task])),
    );
    return forgotten.filter((reply) => reply === 1).length;
  });
}
