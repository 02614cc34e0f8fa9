/** Full jitter: between nothing and a bound that doubles with each try, so that a fleet does not come back at once. */
const FIRST_MS = 1000;
const CAP_MS = 60_000;

/** `failedTries` counts from 1. What the provider asked for is a minimum, spread a little so as not to be a herd. */
export function retryDelayMs(
  failedTries: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  const bound = Math.min(CAP_MS, FIRST_MS * 2 ** Math.max(0, failedTries - 1));
  if (retryAfterMs === undefined) return Math.round(random() * bound);
  return Math.round(retryAfterMs + random() * Math.min(bound, Math.max(250, retryAfterMs / 4)));
}
