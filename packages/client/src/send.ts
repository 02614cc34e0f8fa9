/**
 * One request and its answer. What is safe to repeat is repeated: reads, what is idempotent by nature, and what carries
 * an Idempotency-Key. Everything else is sent once.
 */
import { backoffMs, MOST_RETRY_AFTER_MS, pause } from "./pause.ts";
import { errorOfAnswer, isWorthAnotherTry, PawlError } from "./pawl-error.ts";

export type PawlOptions = {
  /** Where the API is: `https://pawl.example`. */
  baseUrl: string;
  /** Left out where the browser's cookie is the key. */
  apiKey?: string | undefined;
  /** In place of the global one. */
  fetch?: typeof fetch | undefined;
  /** How often a request that is safe to repeat is repeated. Default 5. */
  maxRetries?: number | undefined;
  /** How long one try may take. Default 30,000. */
  timeoutMs?: number | undefined;
};

export type Call = {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  query?: Readonly<Record<string, string | number | null | undefined>> | undefined;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
  /** Whether a second request does no harm. Default: all but POST. */
  isRepeatable?: boolean;
  /** How long the API was asked to wait with its answer. */
  waitMs?: number;
};

export type Send = {
  /** The body of the answer; undefined where it has none. */
  json<Body>(call: Call): Promise<Body>;
  /** One try; the answer's body is the caller's to read. No time limit beyond the signal's. */
  open(call: Call): Promise<Response>;
};

const DEFAULT_RETRIES = 5;
const DEFAULT_TIMEOUT_MS = 30_000;

export function openSend(options: PawlOptions): Send {
  const { maxRetries = DEFAULT_RETRIES, timeoutMs = DEFAULT_TIMEOUT_MS } = options;

  async function open(call: Call): Promise<Response> {
    // Looked up at each call: who replaces the global one later means it.
    const send = options.fetch ?? globalThis.fetch;
    const { method = "GET", body, signal } = call;
    const headers = {
      accept: "application/json",
      ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...call.headers,
    };
    const response = await send(addressOf(options.baseUrl, call), {
      method,
      headers,
      redirect: "error",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw signal.reason;
      throw new PawlError("connection_failed", "The API could not be reached.", { cause: error });
    });
    if (!response.ok) throw await errorOfAnswer(response);
    return response;
  }

  async function once<Body>(call: Call): Promise<Body> {
    const limit = AbortSignal.timeout(timeoutMs + (call.waitMs ?? 0));
    const signal = call.signal === undefined ? limit : AbortSignal.any([call.signal, limit]);
    try {
      const response = await open({ ...call, signal });
      const text = await response.text();
      return (text === "" ? undefined : JSON.parse(text)) as Body;
    } catch (error) {
      if (error instanceof PawlError) throw error;
      if (call.signal?.aborted) throw call.signal.reason;
      if (limit.aborted) throw new PawlError("timeout", "The API did not answer in time.", { cause: error });
      if (error instanceof SyntaxError) {
        throw new PawlError("unexpected_answer", "The answer is not JSON.", { cause: error });
      }
      throw new PawlError("connection_failed", "The connection broke off.", { cause: error });
    }
  }

  async function json<Body>(call: Call): Promise<Body> {
    const { method = "GET", isRepeatable = method !== "POST", waitMs = 0 } = call;
    const busyUntilMs = Date.now() + waitMs + timeoutMs;
    for (let tries = 0; ; tries += 1) {
      try {
        return await once<Body>(call);
      } catch (error) {
        if (!(error instanceof PawlError) || !isRepeatable || !isWorthAnotherTry(error)) throw error;
        // The first request with this key is still being answered: how often one looks says nothing.
        const isBusy = error.code === "request_in_progress" && Date.now() < busyUntilMs;
        if (!isBusy && tries >= maxRetries) throw error;
        if (error.retryAfterMs !== null && error.retryAfterMs > MOST_RETRY_AFTER_MS) throw error;
        await pause(backoffMs(tries, error.retryAfterMs), call.signal);
      }
    }
  }

  return { json, open };
}

function addressOf(baseUrl: string, { path, query = {} }: Call): string {
  const members = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === null ? [] : [[name, String(value)]],
  );
  const text = new URLSearchParams(members).toString();
  return `${baseUrl.replace(/\/+$/, "")}${path}${text === "" ? "" : `?${text}`}`;
}
