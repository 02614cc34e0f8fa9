/** What goes wrong, as one error that programs decide by: an answer of the API's, or that there was none. */
import type { Problem } from "./wire.ts";

/** The API's own codes, and what can happen before it answers. */
export type PawlErrorCode = Problem["code"] | "connection_failed" | "timeout" | "unexpected_answer";

export class PawlError extends Error {
  override readonly name = "PawlError";
  /** Stable: decide by it. */
  readonly code: PawlErrorCode;
  /** Of the answer; null: there was none. */
  readonly status: number | null;
  /** Every fault that was found in a request, each with a JSON pointer. */
  readonly errors: readonly { pointer: string; message: string }[];
  /** Names the request in the API's logs. */
  readonly requestId: string | null;
  /** The API asks to wait so long before another try. */
  readonly retryAfterMs: number | null;

  constructor(
    code: PawlErrorCode,
    message: string,
    more: {
      status?: number | null;
      errors?: PawlError["errors"];
      requestId?: string | null;
      retryAfterMs?: number | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.status = more.status ?? null;
    this.errors = more.errors ?? [];
    this.requestId = more.requestId ?? null;
    this.retryAfterMs = more.retryAfterMs ?? null;
  }
}

/** The error that an answer tells of; a proxy's own error page is one, too. */
export async function errorOfAnswer(response: Response): Promise<PawlError> {
  const about = {
    status: response.status,
    requestId: response.headers.get("x-request-id"),
    retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
  };
  const problem = await problemOf(response);
  if (problem === undefined) {
    return new PawlError("unexpected_answer", `The API answered with status ${response.status}.`, about);
  }
  const message = problem.detail === "" ? problem.title : problem.detail;
  return new PawlError(problem.code, message, { ...about, errors: problem.errors ?? [] });
}

async function problemOf(response: Response): Promise<Problem | undefined> {
  const text = await response.text().catch(() => "");
  if (!response.headers.get("content-type")?.startsWith("application/problem+json")) return undefined;
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return undefined;
  }
}

/** Seconds, or a date. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

/** Whether the same request may well be answered otherwise in a moment. */
export function isWorthAnotherTry(error: PawlError): boolean {
  if (error.status === null) return true;
  // A spent budget names the end of its window, which is nobody's moment.
  if (error.code === "budget_exhausted") return false;
  return error.code === "request_in_progress" || error.status === 429 || error.status >= 500;
}
