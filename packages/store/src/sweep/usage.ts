/**
 * Usage: what ended calls cost is added up by day, some hundred lines of the feed at a time. Any number of workers may do
 * so at once: of those that read the same lines, the script lets one hand them in.
 */
import { key, tenantBase } from "../keys.ts";
import { runScript } from "../scripts.ts";
import type { Store } from "../store.ts";
import { results } from "../usage-reports.ts";
import { addUp, packSums } from "../usage-reports-sums.ts";
import { forEachTenant } from "./sweep.ts";

export type UsageSweep = {
  /** In which the days are counted. */
  timeZone: string;
  /** How long a day's report is kept after its last line. */
  keptMs?: number;
  /** Aborted: no more lines are read. */
  signal?: AbortSignal;
};

const DAY_MS = 24 * 60 * 60 * 1000;
export const DEFAULT_REPORTS_KEPT_MS = 400 * DAY_MS;

const MOST_LINES = 500;
/** Of one tenant at one sweep: more than a busy worker's neighbours write in the meantime. */
const MOST_BATCHES = 100;

/** Returns how many lines went over into the reports. */
export function sweepUsage(store: Store, options: UsageSweep): Promise<number> {
  return forEachTenant(store, async (tenant) => {
    let done = 0;
    for (let batch = 0; batch < MOST_BATCHES && !options.signal?.aborted; batch += 1) {
      const lines = await rollUp(store, tenant, options);
      done += lines;
      if (lines < MOST_LINES) break;
    }
    return done;
  });
}

/** 0 where there is nothing, or where others were faster: they will do the rest as well. */
async function rollUp(store: Store, tenant: string, options: UsageSweep): Promise<number> {
  const { timeZone, keptMs = DEFAULT_REPORTS_KEPT_MS } = options;
  // At one moment: lines that had gone when `rolled` was read must not be among them.
  const read = store.redis.multi().get(key(tenant, "usageRolled"));
  const [rolled, found] = results(await read.lrange(key(tenant, "usageFeed"), 0, MOST_LINES - 1).exec());
  const lines = found as string[];
  if (lines.length === 0) return 0;
  const sums = [...addUp(lines, timeZone)].flatMap(([group, amounts]) => {
    const at = group.indexOf("\n");
    return [group.slice(0, at), group.slice(at + 1), packSums(amounts)];
  });
  const argv = [(rolled as string | null) ?? "0", lines.length, keptMs, sums.length / 3, ...sums];
  const reply = await runScript(store.redis, store.scripts.rollup, tenantBase(tenant), argv);
  return reply === 1 ? lines.length : 0;
}
