/**
 * The `fetch` that the SDK is given: with a watchdog on bytes, and with its streams unread. The SDK's own timeout ends
 * with the headers, and it swallows the pings that tell a slow model from a dead line, so the watch must stand below
 * it. JSON and errors it reads itself.
 */
import type { Answer } from "./exchange.ts";
import { answerTo, copyHeaders, webResponse } from "./lean-fetch.ts";

export function watchedFetch(idleMs: number): typeof fetch {
  return async (input, init) => {
    const answer = await answerTo(input, init, idleMs);
    const isOk = answer.status >= 200 && answer.status < 300;
    const isJson = String(answer.headers["content-type"]).includes("json");
    return isOk && !isJson ? new UnreadResponse(answer) : webResponse(answer);
  };
}

/** Status and headers for the SDK; the bytes come from `answer`, and `body` is null. */
export class UnreadResponse extends Response {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(null, { status: answer.status });
    copyHeaders(answer, this.headers);
    this.answer = answer;
  }
}
