/**
 * What a call brought: something new, nothing to judge by, or nothing. The weight of nothing is 1; twice that where
 * even the answer is the one of the call before, little where it is almost.
 */
import type { Novelty } from "./novelty.ts";
import type { Outcome } from "./outcome.ts";
import type { Origin } from "./provenance.ts";

/** new: the count of idle turns starts anew. Else what the call adds to it. */
export type News = "new" | number;

export type Call = {
  readonly outcome: Outcome;
  readonly origin: Origin["from"];
  readonly novelty: Novelty;
  readonly acts: boolean;
  /** The very call was made before; and it came to the very same. */
  readonly asked: boolean;
  readonly answeredSo: boolean;
  /** The same tool came to the same in the call before. */
  readonly sameAgain: boolean;
  /** Something was done to the world since this call was last made. */
  readonly actedSince: boolean;
};

export function newsOf(call: Call): News {
  const { outcome, origin, novelty, acts } = call;
  if (call.answeredSo) {
    // A test that stays green after an edit is as it should be; one that stays red is no progress.
    if (call.actedSince && !outcome.fails) return 0;
    return outcome.kind === "waiting" ? 0.5 : 1;
  }
  // A batch: each item of the task, or of another listing, is a step of its own, whatever it comes to.
  if (origin === "task" || origin === "elsewhere") return "new";
  if (outcome.kind === "error") return novelty.substance >= 0.3 ? "new" : call.sameAgain ? 2 : 1;
  if (outcome.kind === "waiting") return novelty.fresh >= 0.1 ? "new" : 0.5;
  if (acts) return origin === "repeated" ? 1 : outcome.fails ? 1 : 0;
  if (outcome.kind === "empty") return 1;
  if (novelty.fresh >= 0.3) return "new";
  if (call.asked) return 0.4;
  if (novelty.fresh >= 0.1) return origin === "page" ? "new" : origin === "itself" ? 0.5 : 0;
  return call.sameAgain ? 2 : 1;
}
