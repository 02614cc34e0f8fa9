/**
 * Every way in which something goes wrong, in one table: its class, what is done about it, and whether it may have
 * cost money. Transient failures are tried again, counted as consecutive tries without a recorded step; permanent
 * ones fail the task at once; logical ones are told to the model, whose turn it is to do better; safety ends the
 * task with what there is.
 */
import type { StopReasonOf, TaskErrorCode } from "@pawl/protocol";

export type FailureClass = "transient" | "permanent" | "logical" | "safety";

/** A failed model call. `billed: "no"` only where it is known; a guess is no basis for a promise about money. */
export type ModelFailureRow = {
  class: "transient" | "permanent";
  /** HTTP statuses that mean it. */
  statuses: readonly number[];
  billed: "no" | "unknown";
  code: TaskErrorCode;
};

export const modelFailures = {
  rate_limited: { class: "transient", statuses: [429], billed: "no", code: "model_unavailable" },
  overloaded: { class: "transient", statuses: [529], billed: "no", code: "model_unavailable" },
  unavailable: {
    class: "transient",
    statuses: [500, 502, 503, 504],
    billed: "unknown",
    code: "model_unavailable",
  },
  timed_out: { class: "transient", statuses: [408, 409], billed: "unknown", code: "model_unavailable" },
  /** Refused before a byte was written. */
  never_connected: { class: "transient", statuses: [], billed: "no", code: "model_unavailable" },
  /** Reset, cut, ended without its end, stalled, or an `error` event: work may have been done. */
  stream_broken: { class: "transient", statuses: [], billed: "unknown", code: "model_stream_broken" },
  rejected: { class: "permanent", statuses: [400, 413, 422], billed: "unknown", code: "model_rejected" },
  unauthorized: { class: "permanent", statuses: [401, 402, 403], billed: "unknown", code: "model_rejected" },
  no_such_model: { class: "permanent", statuses: [404], billed: "unknown", code: "model_rejected" },
} as const satisfies Record<string, ModelFailureRow>;
export type ModelFailureKind = keyof typeof modelFailures;

/** Codes of `tool.failed`: the model is told, the task goes on. */
export const toolFailures = {
  unknown_tool: "logical",
  invalid_input: "logical",
  reply_cut: "logical",
  tool_error: "logical",
  tool_timeout: "logical",
  outcome_unknown: "logical",
  tool_unavailable: "logical",
  limit_reached: "safety",
} as const satisfies Record<string, FailureClass>;

/** Stop reasons that are no success: the class that ends a task with each of them. */
export const stopClasses = {
  budget_reached: "safety",
  max_turns: "safety",
  max_tool_calls: "safety",
  max_tokens: "safety",
  deadline: "safety",
  loop_detected: "logical",
  output_invalid: "logical",
  guardrail_blocked: "safety",
  refusal: "safety",
  context_exceeded: "safety",
  approval_denied: "safety",
  approval_expired: "safety",
  escalated: "safety",
  interrupted: "safety",
} as const satisfies Record<StopReasonOf<"stopped">, FailureClass>;

/** The row of an HTTP status; a status that stands nowhere is transient from 500 on, else permanent. */
export function rowOfStatus(status: number): ModelFailureRow {
  const rows: ModelFailureRow[] = Object.values(modelFailures);
  const row = rows.find(({ statuses }) => statuses.includes(status));
  return row ?? (status >= 500 ? modelFailures.unavailable : modelFailures.rejected);
}
