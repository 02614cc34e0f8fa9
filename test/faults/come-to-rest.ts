/** After the faults: waits, by facts, until every caller has his answer and nothing is under way any more. */
import type { Store } from "@pawl/store";
import { unrest } from "./check-leftovers.ts";
import { inFlight } from "./ledger.ts";
import { type Round, sleep } from "./round.ts";

/** A busy machine may take long, as long as something moves. */
const REST_TIMEOUT_MS = 300_000;
/** Longer than anything waits that is still going to happen: a webhook's third try, the fourth retry of a call. */
const STUCK_MS = 45_000;
const LOOK_MS = 250;

/** '': all is done. Else what was still going on when nothing had moved for long. */
export async function comeToRest(
  { arena, crowd, options: { signal } }: Round,
  store: Store,
): Promise<string> {
  let served = false;
  const serving = crowd.allServed().then(() => {
    served = true;
  });
  serving.catch(() => {});
  const startedAtMs = performance.now();
  let [before, changedAtMs] = ["", startedAtMs];
  for (;;) {
    const waits = [...(served ? [] : ["callers wait for an answer"]), ...(await unrest(store))];
    if (waits.length === 0 && (await inFlight(arena.simulator.url)) === 0) {
      await serving;
      return "";
    }
    const now = waits.join("; ");
    if (now !== before) [before, changedAtMs] = [now, performance.now()];
    if (performance.now() - changedAtMs > STUCK_MS || performance.now() - startedAtMs > REST_TIMEOUT_MS)
      return now;
    await Promise.race([sleep(LOOK_MS, signal), served ? sleep(LOOK_MS, signal) : serving]);
  }
}
