/**
 * What we expect is a value; what we do not expect is thrown, as one of two kinds: worth another try, or not.
 * The codes are closed lists: users program against them.
 */

/** Codes of a failed task's `error.code`. */
export const taskErrorCodes = [
  "model_unavailable",
  "model_rejected",
  "model_stream_broken",
  "not_sent",
  "internal_error",
  "agent_invalid",
  "crashed",
] as const;
export type TaskErrorCode = (typeof taskErrorCodes)[number];

/** Codes of an HTTP problem's `code`, with the status and title that go with each. */
export const problems = {
  invalid_request: { status: 400, title: "The request is not valid" },
  invalid_json: { status: 400, title: "The body is not JSON" },
  unauthorized: { status: 401, title: "An API key is needed" },
  forbidden: { status: 403, title: "This key may not do that" },
  not_found: { status: 404, title: "No such resource" },
  method_not_allowed: { status: 405, title: "This method is not served here" },
  not_acceptable: { status: 406, title: "No acceptable representation" },
  conflict: { status: 409, title: "The task's state does not allow that" },
  request_in_progress: { status: 409, title: "A request with this Idempotency-Key is in progress" },
  body_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The body must be application/json" },
  idempotency_mismatch: { status: 422, title: "This Idempotency-Key was used with another body" },
  too_many_tries: { status: 429, title: "Too many tries" },
  budget_exhausted: { status: 429, title: "The budget is spent" },
  internal_error: { status: 500, title: "Something went wrong on our side" },
  unavailable: { status: 503, title: "Pawl cannot reach its store" },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemCode = keyof typeof problems;

/** Worth another try, maybe not before `retryAfterMs`. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  readonly code: TaskErrorCode;
  readonly retryAfterMs: number | undefined;
  constructor(
    code: TaskErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Another try would end the same way. */
export class PermanentError extends Error {
  override readonly name = "PermanentError";
  readonly code: TaskErrorCode;
  constructor(code: TaskErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
  }
}
