/**
 * One HTTP request and its answer, straight over undici's dispatcher, with a watchdog on bytes: a peer that sends
 * nothing for `idleMs`, before its headers or in the middle of the body, is given up. The body is pushed to its
 * reader by the very call that took it from the socket: no stream stands between, and no promise per chunk.
 */
import { Agent, type Dispatcher } from "undici";

export type ExchangeRequest = {
  url: string;
  method: string;
  headers: Headers;
  body: string | null;
  signal?: AbortSignal | null | undefined;
  /** undefined: waits for ever. */
  idleMs?: number | undefined;
};

/** `end` or `fail` is called once, and nothing after it. What `data` throws ends the exchange and is given to `fail`. */
export type BodyReader = {
  data(chunk: Uint8Array): void;
  end(): void;
  fail(error: Error): void;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** To be called once and soon: what comes before it waits in memory. */
  readBy(reader: BodyReader): void;
  pause(): void;
  resume(): void;
  /** Closes the connection. */
  abort(reason: unknown): void;
};

export class StreamIdleError extends Error {
  override readonly name = "StreamIdleError";
  constructor(idleMs: number) {
    super(`the model sent nothing for ${idleMs} ms`);
  }
}

/** Resolves with the headers. Rejects with what the network said, `StreamIdleError`, or the signal's reason. */
export async function exchange(request: ExchangeRequest): Promise<Answer> {
  const { url, method, headers, body, signal, idleMs } = request;
  signal?.throwIfAborted();
  const { origin, pathname, search } = new URL(url);
  const open = new OpenExchange(signal ?? undefined, idleMs);
  connections().dispatch({ origin, path: pathname + search, method, headers, body }, open);
  return open.answer.promise;
}

let agent: Agent | undefined;

/** Idle connections are kept longer than a turn's tools take; undici itself never gives a request up. */
function connections(): Agent {
  agent ??= new Agent({ keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 });
  return agent;
}

/** Waiting → answered → over. An abort may come from within any call of the reader; nothing is heard after it. */
class OpenExchange implements Answer, Dispatcher.DispatchHandler {
  readonly answer = Promise.withResolvers<Answer>();
  status = 0;
  headers: Answer["headers"] = {};
  #controller: Dispatcher.DispatchController | undefined;
  #reader: BodyReader | undefined;
  #unread: Uint8Array[] = [];
  #wasSent = false;
  #over = false;
  #failure: Error | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #idle: NodeJS.Timeout | undefined;

  constructor(signal: AbortSignal | undefined, idleMs: number | undefined) {
    this.#signal = signal;
    signal?.addEventListener("abort", this);
    if (idleMs !== undefined) this.#idle = setTimeout(() => this.abort(new StreamIdleError(idleMs)), idleMs);
  }

  readBy(reader: BodyReader): void {
    this.#reader = reader;
    if (this.#failure !== undefined) {
      reader.fail(this.#failure);
      return;
    }
    for (const chunk of this.#unread.splice(0)) this.#push(reader, chunk);
    if (this.#wasSent) this.#finish(undefined);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(reason: unknown): void {
    const error = reason instanceof Error ? reason : new Error("the request was aborted", { cause: reason });
    this.#finish(error);
    this.#controller?.abort(error);
  }

  /** The signal's listener. */
  handleEvent(): void {
    this.abort(this.#signal?.reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Given up while the connection was being made: nothing is sent on it.
    if (this.#failure !== undefined) controller.abort(this.#failure);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Answer["headers"],
  ): void {
    this.#idle?.refresh();
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    this.answer.resolve(this);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    // undici's parser says so when it is resumed; taken for data, it would be one more reason to pause.
    if (chunk.length === 0) return;
    this.#idle?.refresh();
    if (this.#reader === undefined) this.#unread.push(chunk);
    else this.#push(this.#reader, chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#idle);
    this.#wasSent = true;
    if (this.#reader !== undefined) this.#finish(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish(error);
  }

  #push(reader: BodyReader, chunk: Uint8Array): void {
    if (this.#over) return;
    try {
      reader.data(chunk);
    } catch (error) {
      this.abort(error);
    }
  }

  #finish(failure: Error | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    clearTimeout(this.#idle);
    this.#signal?.removeEventListener("abort", this);
    if (failure === undefined) {
      this.#reader?.end();
      return;
    }
    this.answer.reject(failure);
    this.#reader?.fail(failure);
  }
}
