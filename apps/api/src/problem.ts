/**
 * Every answer that is not what was asked for: RFC 9457 `application/problem+json` with a stable `code`.
 * Routes throw an HttpProblem; whatever else is thrown becomes a 503 where Redis is away, a 400 where Express
 * could not read the path, and a logged 500 otherwise. A problem tells the caller about his request, never
 * about our inside.
 */
import { type ProblemCode, problems } from "@pawl/protocol";
import type { Log } from "@pawl/service";
import type { ErrorRequestHandler, Response } from "express";
import { requestIdOf } from "./request-context.ts";
import { isStoreAway } from "./store-away.ts";

/** One fault of a request; `pointer` is a JSON pointer into the body, or into the query as an object. */
export type RequestFault = { pointer: string; message: string };

export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly code: ProblemCode;
  readonly faults: readonly RequestFault[];
  readonly headers: Readonly<Record<string, string>>;
  /** In place of the code's usual status, where a more exact one exists. */
  readonly status: number;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { faults?: readonly RequestFault[]; headers?: Record<string, string>; status?: number } = {},
  ) {
    super(detail);
    this.code = code;
    this.faults = more.faults ?? [];
    this.headers = more.headers ?? {};
    this.status = more.status ?? problems[code].status;
  }
}

/** More faults than this help nobody, and would let a small request ask for a large answer. */
const MOST_FAULTS = 50;

export function invalidRequest(faults: readonly RequestFault[]): HttpProblem {
  const shown = faults.slice(0, MOST_FAULTS);
  const [first] = shown;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : "";
  const detail =
    first === undefined
      ? ""
      : `${first.pointer === "" ? "The body" : first.pointer} ${first.message}${more}.`;
  return new HttpProblem("invalid_request", detail, { faults: shown });
}

export function notFound(detail = "There is nothing at this address."): HttpProblem {
  return new HttpProblem("not_found", detail);
}

export function problemBody(problem: HttpProblem, requestId: string) {
  return {
    type: `/problems/${problem.code}`,
    title: problems[problem.code].title,
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    ...(problem.faults.length === 0 ? {} : { errors: problem.faults }),
    request_id: requestId,
  };
}

export function sendProblem(response: Response, problem: HttpProblem): void {
  const body = JSON.stringify(problemBody(problem, requestIdOf(response)));
  response.status(problem.status).set(problem.headers);
  // Not through Express, which would add a charset that this media type does not have.
  response.setHeader("content-type", "application/problem+json");
  response.setHeader("content-length", Buffer.byteLength(body));
  response.end(body);
}

/** The last middleware: Express knows it by its four parameters. */
export function answerErrors({ log }: { log: Log }): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      const fields = { error, request_id: requestIdOf(response), method: request.method };
      if (problem.code === "unavailable") log.warn("the store did not answer", fields);
      else log.error("a request failed", fields);
    }
    // Half an answer cannot be taken back; a cut connection is at least no false success.
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem);
  };
}

function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (isStoreAway(error)) {
    return new HttpProblem("unavailable", "The store did not answer; try again in a moment.", {
      headers: { "retry-after": "1" },
    });
  }
  // Express throws this for a path whose percent-encoding is broken.
  if (error instanceof URIError) return new HttpProblem("invalid_request", "The path is not well encoded.");
  return new HttpProblem("internal_error", "The fault is ours and was recorded under this request_id.");
}
