/**
 * What each ended call cost, as the scripts write it down for the reports: one line a call in a feed of the tenant,
 * which outlives the task. A sweeper adds the lines up by day (sweep/usage.ts).
 *
 * A line is `<ms>\n<task>\n<nano-dollars>\n<unconfirmed: 0 or 1>\n<what>\n<labels…>`, a label being `user:ann`. What is
 * `<kind> <input> <output> <cache read> <cache write tokens> <model's or tool's name>`. A line that corrects an
 * estimate has the difference as its amount; its what is `confirmed <the estimate> <what>`.
 */
import type { SpentOn, TokenUsage } from "@pawl/protocol";

/** One field of a feed's line: no line break, and what holds it is never parsed by a script. */
export function spentText({ kind, name }: SpentOn, usage?: TokenUsage | undefined): string {
  return `${kind} ${usage === undefined ? "0 0 0 0" : tokensText(usage)} ${name}`;
}

/** Input, output, read from and written to the cache. */
export function tokensText(usage: TokenUsage): string {
  const { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } = usage;
  return `${input_tokens} ${output_tokens} ${cache_read_tokens} ${cache_write_tokens}`;
}

/** One line: what it adds to the reports. Amounts are negative where an estimate was too high. */
export type Spending = {
  atMs: number;
  /** null: the task has no such label, or the line does not tell. */
  labels: { user: string | null; feature: string | null; agent: string | null };
  kind: string;
  name: string | null;
  costNanoUsd: number;
  unconfirmedNanoUsd: number;
  usage: TokenUsage;
  calls: number;
};

/** undefined where it is no such line; what is unknown in one that is costs what it says all the same. */
export function parseFeedLine(line: string): Spending | undefined {
  const [at = "", task, nano = "", unconfirmed, what = "", ...labels] = line.split("\n");
  const [atMs, costNanoUsd] = [Number(at), Number(nano)];
  if (task === undefined || at === "" || nano === "") return undefined;
  if (!Number.isSafeInteger(atMs) || !Number.isSafeInteger(costNanoUsd)) return undefined;
  const correction = /^confirmed(?: (\d+) (.*))?$/s.exec(what);
  const [, kind = "model", input, output, cacheRead, cacheWrite, name] =
    WHAT.exec(correction === null ? what : (correction[2] ?? "")) ?? [];
  const label = (prefix: string) =>
    labels.find((one) => one.startsWith(prefix))?.slice(prefix.length) ?? null;
  const estimate = correction?.[1];
  return {
    atMs,
    labels: { user: label("user:"), feature: label("feature:"), agent: label("agent:") },
    kind,
    name: name ?? null,
    costNanoUsd,
    // Of a correction, all that was estimated is confirmed; where the estimate is not told, at least the difference.
    unconfirmedNanoUsd: estimate !== undefined ? -Number(estimate) : unconfirmed === "1" ? costNanoUsd : 0,
    usage: {
      input_tokens: Number(input ?? 0),
      output_tokens: Number(output ?? 0),
      cache_read_tokens: Number(cacheRead ?? 0),
      cache_write_tokens: Number(cacheWrite ?? 0),
    },
    // The estimate was counted as a call already.
    calls: correction === null ? 1 : 0,
  };
}

const WHAT = /^(\w+) (\d+) (\d+) (\d+) (\d+) (.+)$/s;
