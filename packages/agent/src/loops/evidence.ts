/** What a verdict rests on, for the model that is warned, the person who asks why, and the journal. */

export const loopRules = [
  "same_call",
  "same_result",
  "same_error",
  "waiting",
  "cycle",
  "poll_expired",
  "chase",
  "no_new_information",
  "repeated_text",
] as const;
export type LoopRule = (typeof loopRules)[number];

export type LoopEvidence = {
  /** One sentence, fit to be shown. */
  readonly message: string;
  readonly tool?: string;
  /** What the rule counts: repetitions, idle turns, links of a chain. */
  readonly count: number;
  readonly period?: number;
  readonly first_turn: number;
  readonly last_turn: number;
};

type Facts = { readonly tool: string; readonly count: number; readonly period?: number };

/** What is wrong, said to whom it concerns. */
export function messageOf(rule: LoopRule, { tool, count, period = 1 }: Facts): string {
  const times = `${count} ${count === 1 ? "time" : "times"}`;
  switch (rule) {
    case "same_call":
      return `${tool} was called again with the same arguments, ${times} in a row.`;
    case "same_result":
      return `${tool} was called again with the same arguments and returned the same result, ${times} in a row.`;
    case "same_error":
      return `${tool} was called again with the same arguments and failed in the same way, ${times} in a row.`;
    case "waiting":
      return `${tool} was asked again ${times} in a row and still says that it is not ready.`;
    case "cycle":
      return `The same ${period} turns of calls are being repeated, with unchanged results, for ${count} turns now.`;
    case "poll_expired":
      return `${tool} has returned the same for longer than it may be waited for.`;
    case "chase":
      return `${tool} was called over and over with what its own results had named, and they bring ever less.`;
    case "no_new_information":
      return `Nothing new has come of the last ${Math.floor(count)} turns.`;
    case "repeated_text":
      return `The same was said again, ${times} in a row, and nothing done.`;
  }
}
