/**
 * One request to the public API, as who is logged in. What is not a success is thrown as an ApiProblem with the
 * API's own words, which are written for people.
 */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** 0: the api could not be reached. */
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  constructor(status: number, code: string, detail: string, requestId: string | null = null) {
    super(detail);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

export type RequestOptions = {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  signal?: AbortSignal;
  headers?: Record<string, string>;
};

/** The answer's JSON, in the shape the API's document gives it; undefined where it has no body. */
export async function request<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  const response = await send(path, options);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

export async function send(path: string, { method = "GET", body, signal, headers }: RequestOptions = {}) {
  const init: RequestInit = {
    method,
    credentials: "same-origin",
    // Without this header the api refuses a change that comes by cookie: no other site can set it.
    headers: {
      "x-pawl-console": "1",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  };
  const response = await fetch(path, init).catch((cause: unknown) => {
    if (signal?.aborted) throw cause;
    throw new ApiProblem(0, "unreachable", "The api does not answer. Is it running?");
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => null);
  const member = (name: string) =>
    typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  const text = (name: string) => (typeof member(name) === "string" ? String(member(name)) : null);
  const detail = text("detail") ?? text("title") ?? `The api answered ${response.status}.`;
  return new ApiProblem(response.status, text("code") ?? "unknown", detail, text("request_id"));
}

/** `{user: "a", limit: 5, agent: undefined}` → `?user=a&limit=5`. */
export function query(members: Record<string, string | number | undefined | null>): string {
  const given = Object.entries(members).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}

/** A page of any list. */
export type Page<Item> = { data: Item[]; next_cursor: string | null };

/** Forbidden, or not there at all: nothing that trying again would help. */
export function isNotOurs(error: unknown): boolean {
  return isMissing(error) || (error instanceof ApiProblem && error.status === 403);
}

export function isMissing(error: unknown): boolean {
  return error instanceof ApiProblem && (error.status === 404 || error.status === 405);
}
