/**
 * `fetch` with a watchdog on bytes: a response that stops sending, before its headers or in the middle of its
 * body, is given up after `idleMs`. The SDK's own timeout ends with the headers, and it swallows the pings that
 * tell a slow model from a dead line, so the watch must stand below it.
 */
import { leanFetch } from "./lean-fetch.ts";

export class StreamIdleError extends Error {
  override readonly name = "StreamIdleError";
  constructor(idleMs: number) {
    super(`the model sent nothing for ${idleMs} ms`);
  }
}

export function watchedFetch(idleMs: number, base: typeof fetch = leanFetch): typeof fetch {
  return async (input, init) => {
    const idle = new AbortController();
    const timer = setTimeout(() => idle.abort(new StreamIdleError(idleMs)), idleMs);
    const signal = init?.signal ? AbortSignal.any([init.signal, idle.signal]) : idle.signal;
    try {
      const response = await base(input, { ...init, signal });
      if (response.body === null) {
        clearTimeout(timer);
        return response;
      }
      return new Response(watchBody(response.body, timer), {
        status: response.status,
        statusText: response.statusText,
        headers: response.headers,
      });
    } catch (error) {
      clearTimeout(timer);
      throw idle.signal.aborted ? idle.signal.reason : error;
    }
  };
}

function watchBody(body: ReadableStream<Uint8Array>, timer: NodeJS.Timeout): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          clearTimeout(timer);
          controller.close();
        } else {
          timer.refresh();
          controller.enqueue(value);
        }
      } catch (error) {
        clearTimeout(timer);
        controller.error(error);
      }
    },
    cancel(reason) {
      clearTimeout(timer);
      return reader.cancel(reason);
    },
  });
}
