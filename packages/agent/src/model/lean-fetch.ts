/**
 * `fetch` as far as the Anthropic SDK needs it, straight over undici's dispatcher: no Request, no Headers guard, no
 * body tee. A call costs the worker less than half of what the global `fetch` does.
 */
import { Agent, request } from "undici";

let agent: Agent | undefined;

/** Idle connections are kept longer than a turn's tools take; the watchdog above is the one that gives up. */
function connections(): Agent {
  agent ??= new Agent({ keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 });
  return agent;
}

export const leanFetch: typeof fetch = async (input, init) => {
  const url = typeof input === "string" ? input : input instanceof URL ? input : input.url;
  const { statusCode, headers, body } = await request(url, {
    method: (init?.method ?? "GET") as "GET",
    headers: Object.fromEntries(new Headers(init?.headers)),
    body: (init?.body ?? null) as string | null,
    signal: init?.signal ?? null,
    dispatcher: connections(),
  });
  const answered = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? ""]) answered.append(name, one);
  }
  async function* chunks() {
    for await (const chunk of body) yield new Uint8Array(chunk as Buffer);
  }
  return new Response(ReadableStream.from(chunks()) as ReadableStream<Uint8Array>, {
    status: statusCode,
    headers: answered,
  });
};
