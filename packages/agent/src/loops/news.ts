/**
 * What a call brought: something new, nothing to judge by, or nothing. The weight of nothing is 1; up to twice that
 * where even the answer is the one before, less where it is only nearly so.
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
  /** The call of the turn before was of the same tool; and it came to the same. */
  readonly sameTool: boolean;
  readonly sameAgain: boolean;
  /** Something was done to the world since this call was last made. */
  readonly actedSince: boolean;
};

/** A shorter answer to another question tells something: that 10:00 is taken, as 9:00 was. */
const LONG_ANSWER_CHARS = 80;

export function newsOf(call: Call): News {
  const { outcome, origin, novelty } = call;
  if (call.answeredSo) {
    // A test that stays green after an edit is as it should be; one that stays red is no progress.
    if (call.actedSince && !outcome.fails) return 0;
    return outcome.kind === "waiting" ? 0.5 : 1;
  }
  // A batch: each item of the task, or of another listing, is a step of its own, whatever it comes to.
  if (origin === "task" || origin === "elsewhere") return "new";
  if (outcome.kind === "error") return novelty.substance >= 0.3 ? "new" : call.sameAgain ? 1.25 : 1;
  if (outcome.kind === "waiting") return novelty.fresh >= 0.1 ? "new" : 0.5;
  // What is done anew is judged by what comes of it later; unless it tells much by itself, as a snapshot does.
  if (call.acts && novelty.substance < 0.3) return origin === "repeated" || outcome.fails ? 1 : 0;
  if (outcome.kind === "empty") return 1;
  if (novelty.fresh >= 0.3) return "new";
  if (novelty.fresh >= 0.1) return origin === "page" ? "new" : origin === "itself" ? 0.5 : 0;
  // Another number in a long answer that is else the same: a counter, unless something is on its way.
  if (call.asked)
    return novelty.substance === 0 && isLong(outcome) && !ON_ITS_WAY.test(outcome.text) ? 1.25 : 0.75;
  if (!isLong(outcome)) return 0.75;
  return call.sameTool && (call.sameAgain || origin === "invented") ? 2 : 1;
}

function isLong({ text }: Outcome): boolean {
  return text.length >= LONG_ANSWER_CHARS || /\[[^\]]/.test(text);
}

const ON_ITS_WAY = /running|progress|pending|processing|queued|percent|remaining|complete|\d ?%/i;
