/** How long to wait before another try, and the waiting. */

const FIRST_MS = 200;
const LAST_MS = 10_000;
/** What an API asks for beyond this is for the caller to decide. */
export const MOST_RETRY_AFTER_MS = 60_000;

/** Doubles from try to try, from 0.2 to 10 s, less up to half of it so that many clients do not come back at once. */
export function backoffMs(tries: number, retryAfterMs: number | null = null): number {
  if (retryAfterMs !== null) return retryAfterMs;
  return Math.min(FIRST_MS * 2 ** tries, LAST_MS) * (0.5 + Math.random() / 2);
}

/** Rejects with the signal's reason once it is aborted. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
