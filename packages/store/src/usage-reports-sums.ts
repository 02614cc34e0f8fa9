/**
 * The sums that a report is made of: lines of the feed are added up by group, and a group's seven sums are packed into
 * one text, which rollup.lua can add to.
 */
import { windowsAt } from "@pawl/protocol";
import { parseFeedLine } from "./usage-feed.ts";

/** In this order they are packed. */
const AMOUNTS = [
  "costNanoUsd",
  "unconfirmedNanoUsd",
  "inputTokens",
  "outputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  /** That cost something. */
  "calls",
] as const;
export type UsageSums = Readonly<Record<(typeof AMOUNTS)[number], number>>;

/** `model` is a model's or a tool's name. In this order a report's field names them, a line each, empty for none. */
export const USAGE_LABELS = ["user", "feature", "agent", "kind", "model"] as const;
export type UsageLabel = (typeof USAGE_LABELS)[number];

export const NO_USAGE: UsageSums = sumsBy(() => 0);

/** By `<day>\n<field of the day's report>`. Lines that are none are passed over. */
export function addUp(lines: readonly string[], timeZone: string): Map<string, UsageSums> {
  const sums = new Map<string, UsageSums>();
  for (const line of lines) {
    const spending = parseFeedLine(line);
    if (spending === undefined) continue;
    const { labels, kind, name, usage, ...amounts } = spending;
    const day = dayOf(spending.atMs, timeZone);
    addTo(sums, [day, labels.user, labels.feature, labels.agent, kind, name].join("\n"), {
      costNanoUsd: amounts.costNanoUsd,
      unconfirmedNanoUsd: amounts.unconfirmedNanoUsd,
      inputTokens: usage.input_tokens,
      outputTokens: usage.output_tokens,
      cacheReadTokens: usage.cache_read_tokens,
      cacheWriteTokens: usage.cache_write_tokens,
      calls: amounts.calls,
    });
  }
  return sums;
}

export function addTo(groups: Map<string, UsageSums>, group: string, sums: UsageSums): void {
  groups.set(group, plus(groups.get(group) ?? NO_USAGE, sums));
}

export function plus(some: UsageSums, more: UsageSums): UsageSums {
  return sumsBy((amount) => some[amount] + more[amount]);
}

export function packSums(sums: UsageSums): string {
  return AMOUNTS.map((amount) => sums[amount]).join(" ");
}

export function unpackSums(packed: string): UsageSums {
  const amounts = packed.split(" ");
  return sumsBy((amount) => Number(amounts[AMOUNTS.indexOf(amount)] ?? 0));
}

/** `2026-11-22` */
export function dayOf(atMs: number, timeZone: string): string {
  return windowsAt(atMs, timeZone).day.id;
}

function sumsBy(amountOf: (amount: (typeof AMOUNTS)[number]) => number): UsageSums {
  return {
    costNanoUsd: amountOf("costNanoUsd"),
    unconfirmedNanoUsd: amountOf("unconfirmedNanoUsd"),
    inputTokens: amountOf("inputTokens"),
    outputTokens: amountOf("outputTokens"),
    cacheReadTokens: amountOf("cacheReadTokens"),
    cacheWriteTokens: amountOf("cacheWriteTokens"),
    calls: amountOf("calls"),
  };
}
