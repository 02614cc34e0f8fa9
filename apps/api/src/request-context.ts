/**
 * What every response carries: an `x-request-id` (the caller's own where it is short and harmless, else one of
 * ours) and `cache-control: no-store`, since nothing here is for a shared cache.
 */
import { newId } from "@pawl/protocol";
import type { RequestHandler, Response } from "express";
import type { ApiDeps } from "./api-deps.ts";

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

export function requestContext({
  nowMs,
  closing,
  log,
}: Pick<ApiDeps, "nowMs" | "closing" | "log">): RequestHandler {
  return (request, response, next) => {
    const [given, ...others] = request.headersDistinct["x-request-id"] ?? [];
    const usable = given !== undefined && others.length === 0 && REQUEST_ID.test(given);
    response.setHeader("x-request-id", usable ? given : newId("req", nowMs()));
    response.setHeader("cache-control", "no-store");
    // A caller of a process that ends shall take his next request elsewhere.
    if (closing.aborted) response.setHeader("connection", "close");
    const startedMs = nowMs();
    response.once("close", () => {
      // Without the query: a caller's labels are his own.
      const path = request.originalUrl.split("?", 1)[0];
      const fields = { method: request.method, path, status: response.statusCode };
      log.debug("request", {
        ...fields,
        duration_ms: nowMs() - startedMs,
        request_id: requestIdOf(response),
      });
    });
    next();
  };
}

export function requestIdOf(response: Response): string {
  return String(response.getHeader("x-request-id") ?? "");
}
