/** What the error of a failed model call means: its row of the failure table, and when to try again. */
import Anthropic from "@anthropic-ai/sdk";
import type { TaskErrorCode } from "@pawl/protocol";
import { type ModelFailureRow, modelFailures, rowOfStatus } from "../failure-table.ts";
import { readRateLimits, type ToldLimits } from "../health/rate-limits.ts";

export type ModelFailure = {
  code: TaskErrorCode;
  message: string;
  /** HTTP status, or null where there was none or it came inside a stream. */
  status: number | null;
  retryable: boolean;
  billed: "no" | "unknown";
  retryAfterMs: number | undefined;
  /** What the provider allows, where the refusal's headers say so. */
  limits?: ToldLimits | undefined;
};

/** Codes of a connection that never was: nothing can have been sent on it. */
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const MAX_MESSAGE_CHARS = 500;

export function modelFailure(error: unknown, nowMs: number): ModelFailure {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE_CHARS);
  const answered =
    error instanceof Anthropic.APIError && typeof error.status === "number" ? error : undefined;
  const row = answered === undefined ? rowOfBreak(error) : rowOfStatus(answered.status);
  return {
    code: row.code,
    message,
    status: answered?.status ?? null,
    retryable: row.class === "transient",
    billed: row.billed,
    retryAfterMs: answered === undefined ? undefined : retryAfterMs(answered.headers, nowMs),
    limits: answered?.headers === undefined ? undefined : readRateLimits(answered.headers),
  };
}

function rowOfBreak(error: unknown): ModelFailureRow {
  const refused = causes(error).some(
    (cause) => cause instanceof Error && "code" in cause && NEVER_CONNECTED.has(String(cause.code)),
  );
  return refused ? modelFailures.never_connected : modelFailures.stream_broken;
}

/** An error and everything that caused it, outermost first; cycles and aggregates included. */
function causes(error: unknown): unknown[] {
  const found = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (value === undefined || value === null || found.has(value)) return;
    found.add(value);
    if (value instanceof AggregateError) value.errors.forEach(visit);
    if (value instanceof Error) visit(value.cause);
  };
  visit(error);
  return [...found];
}

function retryAfterMs(headers: Headers | undefined, nowMs: number): number | undefined {
  const milliseconds = Number(headers?.get("retry-after-ms") ?? Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
  const value = headers?.get("retry-after") ?? "";
  if (value === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
