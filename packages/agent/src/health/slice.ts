/** How a worker leases slots of a model's rate: what it asks and reports, and the slice of the fleet's that it gets. */
import type { RateLimits, ToldLimits } from "./rate-limits.ts";

/** What a worker says when it asks for slots; figures of tokens are those of one call. */
export type SliceAsk = {
  model: string;
  wantedCalls: number;
  weight: number;
  inputTokens: number;
  outputTokens: number;
  unslottedCalls: number;
  returnedCalls: number;
  unusedInputTokens: number;
  unusedOutputTokens: number;
  configured: RateLimits;
  news?: { kind: "free" } | ({ kind: "limits" } & ToldLimits);
  pauseMs?: number | undefined;
  horizonMs: number;
};

export type Slice = {
  known: "unknown" | "free" | "limited";
  limits: RateLimits;
  grantedCalls: number;
  firstInMs: number;
  everyMs: number;
  againInMs: number;
  othersWeight: number;
  pausedMs: number;
};

/** What is told with the next ask: what became of the slots that were leased before. */
export type SliceReport = Pick<
  SliceAsk,
  "unslottedCalls" | "returnedCalls" | "unusedInputTokens" | "unusedOutputTokens" | "news" | "pauseMs"
>;

export function emptyReport(): SliceReport {
  return { unslottedCalls: 0, returnedCalls: 0, unusedInputTokens: 0, unusedOutputTokens: 0 };
}

export function isEmptyReport({ news, pauseMs, returnedCalls, unslottedCalls }: SliceReport): boolean {
  return news === undefined && pauseMs === undefined && returnedCalls === 0 && unslottedCalls === 0;
}

/** Where the older one could not be told. */
export function joinReports(older: SliceReport, newer: SliceReport): SliceReport {
  return {
    ...older,
    ...newer,
    unslottedCalls: older.unslottedCalls + newer.unslottedCalls,
    returnedCalls: older.returnedCalls + newer.returnedCalls,
    unusedInputTokens: older.unusedInputTokens + newer.unusedInputTokens,
    unusedOutputTokens: older.unusedOutputTokens + newer.unusedOutputTokens,
  };
}
