/** What a verdict says is wrong, to whom it concerns. */
import type { LoopRule } from "@pawl/protocol";

type Facts = { readonly tool: string; readonly count: number; readonly period?: number };

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
