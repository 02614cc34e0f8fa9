// Errors as the Messages API words them: a status, a type and a sentence.

export type ApiError = { readonly status: number; readonly type: string; readonly message: string };

const TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  503: "api_error",
  504: "timeout_error",
  529: "overloaded_error",
};

const MESSAGES: Readonly<Record<number, string>> = {
  429: "This request would exceed your rate limit",
  500: "Internal server error",
  503: "Service unavailable",
  529: "Overloaded",
};

export function apiError(status: number, message?: string, type?: string): ApiError {
  return {
    status,
    type: type ?? TYPES[status] ?? "api_error",
    message: message ?? MESSAGES[status] ?? "Scripted by the simulator's scenario",
  };
}

/** The status that goes with an error type; 500 for a type nobody knows. */
export function statusOfType(type: string): number {
  const entry = Object.entries(TYPES).find(([, known]) => known === type);
  return entry === undefined ? 500 : Number(entry[0]);
}

/** The body of an error, of a plain response and of the `error` event inside a stream alike. */
export function errorBody({ type, message }: ApiError, requestId: string): string {
  return JSON.stringify({ type: "error", error: { type, message, details: null }, request_id: requestId });
}
