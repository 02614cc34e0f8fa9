/**
 * Journals of tasks that ended a while ago become archives, which take about a third of their room. It is work for spare
 * time: one journal after the other, one worker per tenant at a time, some at each sweep.
 */
import { packJournal } from "../archive.ts";
import { key, tenantBase } from "../keys.ts";
import { runScript } from "../scripts.ts";
import type { Store } from "../store.ts";
import { dueMembers, forEachTenant } from "./sweep.ts";

export type ArchiveSweep = {
  /** How long ago a task must have ended: soon after its end, followers and webhooks still read it. */
  endedForMs?: number;
  /** Aborted: no further journal is begun. */
  signal?: AbortSignal;
};

const ENDED_FOR_MS = 60_000;
const MOST_AT_A_SWEEP = 100;
/** Should its holder die, the next one takes over; should it work for longer, two do the same, to no harm. */
const LEASE_MS = 10_000;

/**
 * Returns how many journals were dealt with. A task's end is known by the end of its retention, so one that ended under
 * a longer retention than this store's is archived that much later.
 */
export function sweepArchive(
  store: Store,
  nowMs: number,
  { endedForMs = ENDED_FOR_MS, signal }: ArchiveSweep = {},
): Promise<number> {
  return forEachTenant(store, async (tenant) => {
    const finished = (atMost: number) =>
      dueMembers(store, tenant, "retention", nowMs - endedForMs + store.retentionMs, atMost);
    if (signal?.aborted || (await finished(1)).length === 0) return 0;
    const lease = key(tenant, "archiving");
    if ((await store.redis.set(lease, "1", "PX", LEASE_MS, "NX")) === null) return 0;
    let archived = 0;
    try {
      for (const task of await finished(MOST_AT_A_SWEEP)) {
        if (signal?.aborted) break;
        if (await archiveJournal(store, tenant, task)) archived += 1;
      }
    } finally {
      await store.redis.del(lease);
    }
    return archived;
  });
}

/** False where the task was reopened, archived by another worker or forgotten meanwhile. */
export async function archiveJournal(store: Store, tenant: string, task: string): Promise<boolean> {
  const stored = await store.redis.lrangeBuffer(key(tenant, "journal", task), 0, -1);
  const archive = await packJournal(store.codec, stored);
  const argv = [task, stored.length, stored.at(-1) ?? "", archive ?? ""];
  return (await runScript(store.redis, store.scripts.archive, tenantBase(tenant), argv)) === 1;
}
