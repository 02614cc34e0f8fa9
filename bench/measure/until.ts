/** Waits for a fact, looking again every few milliseconds; throws when it does not become true in time. */
import { setTimeout as delay } from "node:timers/promises";

export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  { withinMs, everyMs = 20, soFar }: { withinMs: number; everyMs?: number; soFar?: () => unknown },
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) {
      const state = soFar === undefined ? "" : `: ${JSON.stringify(soFar())}`;
      throw new Error(`${what}: not within ${withinMs / 1000} s${state}`);
    }
    await delay(everyMs);
  }
}
