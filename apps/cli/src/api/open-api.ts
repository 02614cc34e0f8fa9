/**
 * The requests that the commands make, typed by the protocol, and every way in which they can go wrong turned into a
 * fault that says what to do. Reading is repeated once where the connection broke; what changes something carries an
 * idempotency key or is idempotent by nature.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { EventView, Problem } from "@pawl/protocol";
import { CommandFault, exitCodes } from "../command-line/fault.ts";
import type { Connection } from "./find-connection.ts";
import { readServerSentEvents } from "./server-sent-events.ts";

export type Query = Readonly<Record<string, string | number | undefined>>;

export type Page<Item> = { data: Item[]; next_cursor: string | null };

export type Followed =
  | { readonly kind: "event"; readonly event: EventView }
  /** Of an answer that is being written; never kept, may be missed. */
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "away"; readonly sinceMs: number };

export type Api = {
  get<T>(path: string, query?: Query): Promise<T>;
  getText(path: string, query: Query, accept: string): Promise<string>;
  send<T>(
    method: "POST" | "PUT" | "DELETE",
    path: string,
    more?: { body?: object; query?: Query },
  ): Promise<T>;
  /** Up to `limit` members of a list, over as many pages as that takes. */
  list<T>(path: string, query: Query, limit: number, cursor?: string): Promise<Page<T>>;
  /** A task's journal as it grows, to its end; survives an api that is away for a while. */
  follow(task: string): AsyncGenerator<Followed>;
};

const ANSWER_TIMEOUT_MS = 30_000;
const MOST_PER_PAGE = 100;
const RETRY_MS = 500;
/** So long may the api be away while a task is followed. */
const GIVE_UP_MS = 60_000;
/** Heartbeats come every 15 s. */
const SILENCE_MS = 45_000;
const TERMINAL = new Set(["task.completed", "task.stopped", "task.failed", "task.cancelled"]);

export function openApi(about: Connection & { signal: AbortSignal }): Api {
  const { url, signal } = about;
  const authorization = () => `Bearer ${keyOf(about)}`;

  async function request(path: string, init: RequestInit & { query?: Query } = {}): Promise<Response> {
    const address = addressOf(url, path, init.query);
    const headers = { authorization: authorization(), ...init.headers };
    const signals = [signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)];
    let response: Response;
    try {
      response = await fetch(address, {
        ...init,
        headers,
        signal: AbortSignal.any(signals),
        redirect: "error",
      });
    } catch (cause) {
      signal.throwIfAborted();
      throw unreachable(about, cause);
    }
    if (!response.ok) throw await refusal(about, response);
    return response;
  }

  async function get<T>(path: string, query: Query = {}): Promise<T> {
    return jsonOf<T>(about, await request(path, { query }));
  }

  return {
    get,
    getText: async (path, query, accept) => (await request(path, { query, headers: { accept } })).text(),
    async send<T>(
      method: "POST" | "PUT" | "DELETE",
      path: string,
      more: { body?: object; query?: Query } = {},
    ) {
      const headers = {
        ...(more.body === undefined ? {} : { "content-type": "application/json" }),
        ...(method === "POST" && path === "/v1/tasks" ? { "idempotency-key": randomUUID() } : {}),
      };
      const body = more.body === undefined ? {} : { body: JSON.stringify(more.body) };
      const response = await request(path, { method, headers, query: more.query ?? {}, ...body });
      return response.status === 204 ? (undefined as T) : jsonOf<T>(about, response);
    },
    async list<T>(path: string, query: Query, limit: number, cursor?: string): Promise<Page<T>> {
      const data: T[] = [];
      let next: string | null = cursor ?? null;
      do {
        const size = Math.min(limit - data.length, MOST_PER_PAGE);
        const page: Page<T> = await get(path, { ...query, limit: size, cursor: next ?? undefined });
        data.push(...page.data);
        next = page.next_cursor;
      } while (next !== null && data.length < limit);
      return { data, next_cursor: next };
    },
    follow: (task) => follow(about, get, task),
  };
}

async function* follow(
  about: Connection & { signal: AbortSignal },
  get: Api["get"],
  task: string,
): AsyncGenerator<Followed> {
  let lastSeq = 0;
  let lastIsTerminal = false;
  let silentSinceMs = performance.now();
  for (;;) {
    const silence = new AbortController();
    const watchdog = setTimeout(() => silence.abort(), SILENCE_MS);
    try {
      const address = addressOf(about.url, `/v1/tasks/${task}/events`);
      const headers = {
        accept: "text/event-stream",
        authorization: `Bearer ${keyOf(about)}`,
        ...(lastSeq > 0 ? { "last-event-id": String(lastSeq) } : {}),
      };
      const response = await fetch(address, {
        headers,
        signal: AbortSignal.any([about.signal, silence.signal]),
      });
      if (!response.ok || response.body === null) throw await refusal(about, response);
      for await (const data of readServerSentEvents(response.body, () => watchdog.refresh())) {
        silentSinceMs = performance.now();
        const said: unknown = JSON.parse(data);
        if (isText(said)) yield { kind: "text", text: said.text };
        if (!isEvent(said) || said.seq <= lastSeq) continue;
        lastSeq = said.seq;
        lastIsTerminal = TERMINAL.has(said.type);
        yield { kind: "event", event: said };
      }
      // Streams end when a task does, and when the api is restarted; an end that nothing follows is the task's.
      if (!lastIsTerminal) continue;
      const { data: more }: Page<EventView> = await get(`/v1/tasks/${task}/events`, {
        after: lastSeq,
        limit: 1,
      });
      if (more.length === 0) return;
    } catch (error) {
      about.signal.throwIfAborted();
      const isAway = !(error instanceof CommandFault) || error.exitCode === exitCodes.unreachable;
      const awayMs = performance.now() - silentSinceMs;
      if (!isAway) throw error;
      if (awayMs > GIVE_UP_MS) throw error instanceof CommandFault ? error : unreachable(about, error);
      yield { kind: "away", sinceMs: awayMs };
    } finally {
      clearTimeout(watchdog);
    }
    await delay(RETRY_MS, undefined, { signal: about.signal });
  }
}

function isEvent(said: unknown): said is EventView {
  return typeof said === "object" && said !== null && "seq" in said && typeof said.seq === "number";
}

function isText(said: unknown): said is { text: string } {
  return typeof said === "object" && said !== null && "text" in said && typeof said.text === "string";
}

function addressOf(url: string, path: string, query: Query = {}): URL {
  const address = new URL(`${url}${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  return address;
}

function keyOf({ key, url }: Connection): string {
  if (key !== undefined) return key;
  throw new CommandFault(exitCodes.keyRefused, `There is no API key for ${url}.`, {
    code: "no_key",
    fix: "Set PAWL_API_KEY, or give --key. `npm start` prints the key of its own api.",
  });
}

async function jsonOf<T>(about: Connection, response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch (cause) {
    throw notPawl(about, cause);
  }
}

function notPawl({ url }: Connection, cause?: unknown): CommandFault {
  return new CommandFault(exitCodes.unreachable, `Something answers at ${url}, but it is not Pawl's api.`, {
    code: "not_pawl",
    fix: "Name the right address with --url or PAWL_URL.",
    cause,
  });
}

export function unreachable({ url, urlFrom }: Connection, cause: unknown): CommandFault {
  const fixes = {
    "--url": "Is the address right, and does the api run there?",
    PAWL_URL: "PAWL_URL names it. Is the address right, and does the api run there?",
    "npm start":
      "`npm start` runs from this folder, but its api does not answer. Its log: .pawl/logs/api.log",
    default: "Start Pawl with `npm start`, or name another api with --url or PAWL_URL.",
  };
  return new CommandFault(exitCodes.unreachable, `The api at ${url} cannot be reached: ${reasonOf(cause)}.`, {
    code: "unreachable",
    fix: `${fixes[urlFrom]}\n\`pawl doctor\` looks closer.`,
    cause,
  });
}

/** The innermost reason: fetch says only that it failed. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error.cause !== undefined) return reasonOf(error.cause);
  const reasons: Record<string, string> = {
    ECONNREFUSED: "nothing listens there",
    ENOTFOUND: "there is no such host",
    EAI_AGAIN: "the host's name could not be looked up",
    ECONNRESET: "it closed the connection",
    ETIMEDOUT: "it does not answer",
    ENETUNREACH: "there is no network to it",
    UND_ERR_CONNECT_TIMEOUT: "it does not answer",
  };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (error.name === "TimeoutError") return "it did not answer in time";
  return reasons[code] ?? error.message;
}

async function refusal(about: Connection, response: Response): Promise<CommandFault> {
  const body: unknown = await response.json().catch(() => undefined);
  if (!isProblem(body)) {
    if (response.status >= 500) return unreachable(about, new Error(`HTTP ${response.status}`));
    return notPawl(about);
  }
  const { code, detail, title, request_id: requestId } = body;
  const more = { code, requestId };
  if (code === "unauthorized") {
    return new CommandFault(exitCodes.keyRefused, `The api at ${about.url} refused the key.`, {
      ...more,
      fix: `The key came from ${about.keyFrom ?? "nowhere"}. Give the right one with --key or PAWL_API_KEY.`,
    });
  }
  // The store is away: as good as no api.
  const exitCode = response.status === 503 ? exitCodes.unreachable : exitCodes.failed;
  const faults = body.errors?.map(({ pointer, message }) => `${pointer} ${message}`) ?? [];
  const fix = [...faults, ...adviceFor(code, response), `(request ${requestId})`].join("\n");
  return new CommandFault(exitCode, `${title}: ${detail}`, { ...more, fix });
}

function adviceFor(code: Problem["code"], response: Response): string[] {
  const after = response.headers.get("retry-after");
  const advice: Partial<Record<Problem["code"], string>> = {
    budget_exhausted: `\`pawl budgets get\` shows the limit, \`pawl budgets set\` raises it${after ? `; or wait ${after} s` : ""}.`,
    forbidden: "Use a key with more rights: `pawl keys create --scope admin`, or the admin key.",
    not_found: "Is the id right, and the key of the same tenant?",
  };
  const found = advice[code];
  return found === undefined ? [] : [found];
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === "object" &&
    body !== null &&
    "code" in body &&
    "detail" in body &&
    typeof body.code === "string" &&
    typeof body.detail === "string"
  );
}
