/** When to stop working for a caller: he hung up, or this process is about to end. */
import type { Response } from "express";

/** Aborted at the first of: the response's end, the connection's end, the process's. */
export function untilGone(response: Response, closing: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const gone = () => {
    closing.removeEventListener("abort", gone);
    controller.abort();
  };
  response.once("close", gone);
  closing.addEventListener("abort", gone);
  if (closing.aborted || response.closed || response.destroyed) gone();
  return controller.signal;
}
