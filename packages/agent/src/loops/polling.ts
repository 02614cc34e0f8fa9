/** Declared polling: asking again is right until nothing has changed for too long. Judged by time, not by count. */
import { boundedMap } from "./bounded.ts";
import type { Ladder, ToolLoopPolicy } from "./loop-policy.ts";

export type Polls = {
  /** How long the answer has stayed the same, in shares of the longest time allowed. */
  unchangedFor(
    poll: NonNullable<ToolLoopPolicy["poll"]>,
    call: number,
    outcome: number,
    atMs: number | undefined,
  ): number;
};

/** Over its time: told; then answered from memory; half as long again: ended. */
export const pollLadder: Ladder = { warn: 1, block: 1.25, stop: 1.5 };

const REMEMBERED = 200;

export function createPolls(): Polls {
  const polls = boundedMap<{ outcome: number; sinceMs: number; elapsedMs: number }>(REMEMBERED);
  return {
    unchangedFor(poll, call, outcome, atMs) {
      const before = polls.get(call);
      if (before === undefined || before.outcome !== outcome) {
        polls.set(call, { outcome, sinceMs: atMs ?? 0, elapsedMs: 0 });
        return 0;
      }
      // Without a clock each look counts for the interval that the worker keeps between two of them.
      const elapsedMs = atMs === undefined ? before.elapsedMs + poll.intervalMs : atMs - before.sinceMs;
      polls.set(call, { ...before, elapsedMs });
      return poll.maxDurationMs > 0 ? elapsedMs / poll.maxDurationMs : 0;
    },
  };
}
