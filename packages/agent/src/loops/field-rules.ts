/**
 * Three rule sets that other agents are known to run with, written as policies of ours, so that the corpus measures
 * them side by side. They compare byte for byte, count every call, know no waiting and stop without a ladder.
 */
import { completePolicy, type LoopPolicy } from "./loop-policy.ts";

const bare: Partial<LoopPolicy> = {
  compare: "verbatim",
  countBy: "calls",
  countTransportErrors: true,
  sameCall: null,
  sameResult: null,
  sameError: null,
  waiting: null,
  cycle: null,
  noNewInformation: null,
  chase: null,
  repeatedText: null,
};

/** Counts are of repetitions: the fifth call of its kind is the fourth repetition. */
export const fieldRules = {
  "same call ×5 by arguments": completePolicy({ ...bare, sameCall: { stop: 4 } }),
  "same call and result ×4, A-B-A-B ×3": completePolicy({
    ...bare,
    sameResult: { stop: 3 },
    sameError: { stop: 3 },
    // A-B-A-B-A-B: from the third call on, each repeats the one before the last.
    cycle: { periods: [2], stop: 4 },
  }),
  "identical call ×3": completePolicy({ ...bare, sameCall: { stop: 2 } }),
} satisfies Record<string, LoopPolicy>;
