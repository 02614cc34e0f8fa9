/** When a webhook that failed is tried again: exponential backoff with jitter, given up three days after the first try. */
const FIRST_MS = 5000;
const LONGEST_MS = 8 * 60 * 60 * 1000;
const GIVE_UP_AFTER_MS = 3 * 24 * 60 * 60 * 1000;

export type FailedTry = {
  /** How many were made, from 1. */
  tries: number;
  /** Since the first of this round. */
  elapsedMs: number;
  /** What the receiver asked for; a minimum. */
  retryAfterMs: number | undefined;
  random: () => number;
};

/** null: it is given up. */
export function deliveryDelayMs({ tries, elapsedMs, retryAfterMs, random }: FailedTry): number | null {
  const bound = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, tries - 1));
  // Half of it is certain, half is jitter: a receiver that comes back is not met by everybody at once.
  const backoffMs = bound / 2 + (random() * bound) / 2;
  const delayMs = Math.round(Math.max(backoffMs, retryAfterMs ?? 0));
  return elapsedMs + delayMs > GIVE_UP_AFTER_MS ? null : delayMs;
}
