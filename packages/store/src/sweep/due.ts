/** Alarms whose time has come: tasks that waited for a moment are woken, overdue ones are stopped. */
import { newId } from "@pawl/protocol";
import { key } from "../keys.ts";
import { enqueueLegs } from "../queue.ts";
import { ringAlarm } from "../signal.ts";
import type { Store } from "../store.ts";
import { dueMembers, forEachTenant } from "./sweep.ts";

/** Returns how many alarms rang. Whether it is time is decided by the script, by Redis' clock. */
export function sweepDue(store: Store, nowMs: number): Promise<number> {
  return forEachTenant(store, async (tenant) => {
    const tasks = await dueMembers(store, tenant, "due", nowMs);
    const rung = await Promise.all(tasks.map((task) => ring(store, tenant, task, nowMs)));
    return rung.filter(Boolean).length;
  });
}

async function ring(store: Store, tenant: string, task: string, nowMs: number): Promise<boolean> {
  const waitingFor = (await store.redis.hget(key(tenant, "head", task), "waiting_for")) ?? "";
  const outcome = await ringAlarm(store, { tenant, task, waitingFor, deliveryId: newId("dlv", nowMs) });
  if (outcome.kind !== "done") return false;
  await enqueueLegs(store, outcome.legs);
  return true;
}
