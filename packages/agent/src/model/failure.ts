/**
 * What a failed model call means: whether another try makes sense, when, and whether the call may have been
 * billed. Only two things are known not to cost: a refusal for load (429, 529) and a connection that was refused
 * before a byte was written. An `error` event inside a stream comes after work was done.
 */
import Anthropic from "@anthropic-ai/sdk";
import type { TaskErrorCode } from "@pawl/protocol";

export type ModelFailure = {
  code: TaskErrorCode;
  message: string;
  /** HTTP status, or null where there was none or it came inside a stream. */
  status: number | null;
  retryable: boolean;
  billed: "no" | "unknown";
  retryAfterMs: number | undefined;
};

const UNBILLED_STATUS = new Set([429, 529]);
const RETRYABLE_STATUS = new Set([408, 409, 429]);
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
  if (error instanceof Anthropic.APIError && typeof error.status === "number") {
    const { status } = error;
    const retryable = RETRYABLE_STATUS.has(status) || status >= 500;
    return {
      code: retryable ? "model_unavailable" : "model_rejected",
      message,
      status,
      retryable,
      billed: UNBILLED_STATUS.has(status) ? "no" : "unknown",
      retryAfterMs: retryAfterMs(error.headers, nowMs),
    };
  }
  const neverConnected = causes(error).some(
    (cause) =>
      cause instanceof Error &&
      "code" in cause &&
      NEVER_CONNECTED.has(String((cause as { code: unknown }).code)),
  );
  return {
    code: neverConnected ? "model_unavailable" : "model_stream_broken",
    message,
    status: null,
    retryable: true,
    billed: neverConnected ? "no" : "unknown",
    retryAfterMs: undefined,
  };
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
