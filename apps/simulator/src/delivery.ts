// Sends one planned reply, at its pace and with its fault, and tells how it ended. The client may go away at any
// moment; nothing here outlives it. The fast path (no wait, no fault) is one write.

import type { ServerResponse } from "node:http";
import { type ApiError, apiError, errorBody, statusOfType } from "./api-error.ts";
import { type StreamEvent, sseFrame } from "./message-events.ts";
import type { Fault } from "./scenario.ts";

export type Plan = {
  readonly requestId: string;
  /** A stream's events, or the one body of a plain response. */
  readonly payload: { readonly events: readonly StreamEvent[] } | { readonly body: string };
  readonly outputTokens: number;
  readonly latencyMs: number;
  readonly eventDelayMs: number;
  readonly fault: Fault | undefined;
};

/** Told just before the last byte leaves (or the connection is broken), so that who has read the reply finds it. */
export type Ended = {
  readonly outcome: "completed" | "aborted" | "failed";
  readonly status: number;
  /** What has been produced and will be billed; undefined: nothing is. */
  readonly outputTokens: number | undefined;
};

export type DeliveryDeps = {
  readonly onEnded: (ended: Ended) => void;
  /** Resolves when POST /control/release lets go of stalled replies, or the client has gone. */
  readonly untilReleased: (gone: AbortSignal) => Promise<void>;
};

const DEFAULT_EVENTS_BEFORE_FAULT = 4;
const jsonType = { "content-type": "application/json" };
const streamType = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

export async function deliver(response: ServerResponse, plan: Plan, deps: DeliveryDeps): Promise<void> {
  const { payload, fault, latencyMs, eventDelayMs, requestId } = plan;
  const isStream = "events" in payload;
  if (fault === undefined && latencyMs === 0 && (eventDelayMs === 0 || !isStream)) {
    const body = isStream ? payload.events.map(({ frame }) => frame).join("") : payload.body;
    deps.onEnded({ outcome: "completed", status: 200, outputTokens: plan.outputTokens });
    response.writeHead(200, { ...(isStream ? streamType : jsonType), "request-id": requestId }).end(body);
    return;
  }

  const leaving = new AbortController();
  const gone = leaving.signal;
  if (response.destroyed) leaving.abort();
  response.once("close", () => leaving.abort());
  const sent = { status: 0, tokens: 0 };
  const line: Line = { response, plan, gone, sent, deps };

  await pause(latencyMs, gone);
  if (fault?.kind === "stall" && fault.before_headers) await deps.untilReleased(gone);
  // A plain response is produced whether or not somebody still waits for it.
  if (gone.aborted)
    return deps.onEnded({ outcome: "aborted", status: 0, outputTokens: isStream ? 0 : plan.outputTokens });
  if (fault?.kind === "status") return sendStatus(line, fault);
  if (fault?.kind === "reset" && fault.after_bytes === 0) {
    deps.onEnded({ outcome: "failed", status: 0, outputTokens: undefined });
    response.socket?.resetAndDestroy();
    return;
  }
  if (isStream) return sendEvents(line, payload.events);
  return sendBody(line, payload.body);
}

type Line = {
  readonly response: ServerResponse;
  readonly plan: Plan;
  readonly gone: AbortSignal;
  readonly sent: { status: number; tokens: number };
  readonly deps: DeliveryDeps;
};

export function sendError(response: ServerResponse, error: ApiError, requestId: string, headers = {}): void {
  response
    .writeHead(error.status, { ...jsonType, ...headers, "request-id": requestId })
    .end(errorBody(error, requestId));
}

function sendStatus({ response, plan, deps }: Line, fault: Extract<Fault, { kind: "status" }>): void {
  const { status, retry_after_s: seconds, retry_after_ms: ms, error_type, message } = fault;
  deps.onEnded({ outcome: "failed", status, outputTokens: undefined });
  sendError(response, apiError(status, message, error_type), plan.requestId, {
    ...(seconds === undefined ? {} : { "retry-after": String(seconds) }),
    ...(ms === undefined ? {} : { "retry-after-ms": String(ms) }),
  });
}

async function sendEvents(line: Line, events: readonly StreamEvent[]): Promise<void> {
  const { response, plan, gone, sent, deps } = line;
  const { fault } = plan;
  response.writeHead(200, { ...streamType, "request-id": plan.requestId });
  response.flushHeaders();
  sent.status = 200;
  if (fault?.kind === "reset") {
    await write(
      response,
      Buffer.from(events.map(({ frame }) => frame).join("")).subarray(0, fault.after_bytes),
    );
    return breakOff(line, tokensWithin(events, fault.after_bytes), () => response.socket?.resetAndDestroy());
  }
  // A fault always strikes before message_stop: after it the answer would be whole.
  const strikesAt = faultPlace(fault, events.length - 1);
  for (const [index, event] of events.entries()) {
    if (index === strikesAt) {
      if (fault?.kind !== "stall") return strike(line);
      await deps.untilReleased(gone);
    }
    if (index > 0) await pause(plan.eventDelayMs, gone);
    if (gone.aborted) return deps.onEnded({ outcome: "aborted", status: 200, outputTokens: sent.tokens });
    if (index === events.length - 1) {
      deps.onEnded({ outcome: "completed", status: 200, outputTokens: plan.outputTokens });
      response.end(event.frame);
      return;
    }
    await write(response, event.frame);
    sent.tokens = event.tokensSoFar;
  }
}

/** Without a stream the faults strike in the middle of the body, and an error is a plain error. */
async function sendBody(line: Line, body: string): Promise<void> {
  const { response, plan, gone, deps } = line;
  const { fault, requestId, outputTokens } = plan;
  if (fault?.kind === "sse_error") {
    const status = statusOfType(fault.error_type);
    deps.onEnded({ outcome: "failed", status, outputTokens: undefined });
    sendError(response, apiError(status, fault.message, fault.error_type), requestId);
    return;
  }
  response.writeHead(200, { ...jsonType, "request-id": requestId });
  const half = Buffer.byteLength(body) >> 1;
  const bytes = Buffer.from(body);
  switch (fault?.kind) {
    case "reset":
      await write(response, bytes.subarray(0, Math.min(fault.after_bytes, bytes.length - 1)));
      return breakOff(line, outputTokens, () => response.socket?.resetAndDestroy());
    case "cut":
      await write(response, bytes.subarray(0, half));
      return breakOff(line, outputTokens, () => response.destroy());
    case "clean_eof":
      return breakOff(line, outputTokens, () => response.end(bytes.subarray(0, half)));
    case "stall":
      await write(response, bytes.subarray(0, half));
      await deps.untilReleased(gone);
      deps.onEnded({ outcome: gone.aborted ? "aborted" : "completed", status: 200, outputTokens });
      response.end(bytes.subarray(half));
      return;
    default:
      deps.onEnded({ outcome: "completed", status: 200, outputTokens });
      response.end(body);
  }
}

function strike(line: Line): void {
  const { response, plan, sent } = line;
  const { fault } = plan;
  if (fault?.kind === "cut") breakOff(line, sent.tokens, () => response.destroy());
  else if (fault?.kind === "clean_eof") breakOff(line, sent.tokens, () => response.end());
  else if (fault?.kind === "sse_error") {
    const error = apiError(statusOfType(fault.error_type), fault.message, fault.error_type);
    const frame = sseFrame("error", errorBody(error, plan.requestId));
    breakOff(line, sent.tokens, () => response.end(frame));
  }
}

function breakOff({ gone, deps, sent }: Line, tokens: number, how: () => void): void {
  deps.onEnded({
    outcome: gone.aborted ? "aborted" : "failed",
    status: sent.status || 200,
    outputTokens: tokens,
  });
  how();
}

function faultPlace(fault: Fault | undefined, last: number): number {
  if (
    fault?.kind !== "cut" &&
    fault?.kind !== "clean_eof" &&
    fault?.kind !== "sse_error" &&
    fault?.kind !== "stall"
  )
    return -1;
  if (fault.kind === "stall" && fault.before_headers) return -1;
  return Math.min(fault.after_events ?? DEFAULT_EVENTS_BEFORE_FAULT, last);
}

function tokensWithin(events: readonly StreamEvent[], bytes: number): number {
  let left = bytes;
  let tokens = 0;
  for (const { frame, tokensSoFar } of events) {
    left -= Buffer.byteLength(frame);
    if (left < 0) break;
    tokens = tokensSoFar;
  }
  return tokens;
}

/** Resolves once the bytes are with the system, or the connection has gone. */
function write(response: ServerResponse, bytes: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || bytes.length === 0) return resolve();
    const done = () => {
      response.off("close", done);
      resolve();
    };
    response.once("close", done);
    response.write(bytes, done);
  });
}

function pause(ms: number, gone: AbortSignal): Promise<void> {
  if (ms === 0 || gone.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      gone.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    gone.addEventListener("abort", done);
  });
}
