/**
 * What each ended call cost, as the scripts write it down for the reports: one line a call in a feed of the tenant,
 * which outlives the task. A sweeper adds the lines up by day (usage-reports.ts).
 */
import type { TokenUsage } from "@pawl/protocol";

export const SPENDING_KINDS = ["model", "embedding", "tool"] as const;
export type SpendingKind = (typeof SPENDING_KINDS)[number];

/** What money was spent on: the kind, and the model's or tool's name. */
export type SpentOn = { kind: SpendingKind; name: string };

/** One field of a feed's line: no line break, and what holds it is never parsed by a script. */
export function spentText({ kind, name }: SpentOn, usage?: TokenUsage | undefined): string {
  const tokens =
    usage === undefined
      ? [0, 0, 0, 0]
      : [usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens];
  return `${kind} ${tokens.join(" ")} ${name}`;
}
