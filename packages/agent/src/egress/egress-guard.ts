// The one door from agents and webhooks to the network. It promises that no request reaches an address that is
// not public, unless the operator opened it: not by name, not by an odd spelling, not by a redirect, and not by
// a name server that changes its answer between the check and the connection.
//
// The promise is kept at connect: `dispatcher` resolves the name itself, judges every address, and lets the
// socket try only those. The checks before it exist to fail early and with a better message.

import { lookup as dnsLookup } from "node:dns/promises";
import { isIP } from "node:net";
import { Agent, Headers, type RequestInit, type Response, fetch as undiciFetch } from "undici";
import { parseAddress, whyNotPublic } from "./address-range.ts";
import { allowsAddress, allowsHost, parseAllowList } from "./allow-list.ts";
import { pinnedConnector } from "./pinned-connector.ts";

/** The request was refused by policy; trying again cannot help. */
export class EgressDeniedError extends Error {
  readonly code = "egress_denied";
  override readonly name = "EgressDeniedError";
}

export type EgressRequest = Omit<RequestInit, "dispatcher" | "redirect"> & {
  /** `follow` (the default; GET and HEAD only) judges every hop anew; `manual` returns the 3xx itself. */
  readonly redirect?: "follow" | "manual";
  /** Default 5. One more is an EgressDeniedError. */
  readonly maxRedirects?: number;
  /** The caller's own rule for every hop, the first included; it refuses by throwing. */
  readonly checkHop?: (url: URL) => void;
};

export type EgressGuard = {
  /** Resolves where a request to the URL would be let out now; else EgressDeniedError, or the DNS failure. */
  check(url: string | URL): Promise<void>;
  /** What can be said of a webhook URL without asking DNS: http(s), https unless its host is allowed by name. */
  checkWebhookUrl(url: string | URL): void;
  /** `fetch` through the guard. A refusal is thrown as EgressDeniedError, never wrapped. */
  fetch(url: string | URL, request?: EgressRequest): Promise<Response>;
  /** For callers with an HTTP client of their own: safe by itself, `check` or not. */
  readonly dispatcher: Agent;
  close(): Promise<void>;
};

export type EgressGuardDeps = {
  /** Hosts, host:port or CIDRs that may be reached although they are private (PAWL_EGRESS_ALLOW). */
  readonly allow: readonly string[];
  /** All addresses of a name. Default: the operating system's resolver. */
  readonly lookup?: (hostname: string) => Promise<readonly string[]>;
};

const MAX_REDIRECTS = 5;
/** Names that mean "here" or "next door" whatever DNS says; an operator may allow them by name. */
const LOCAL_NAME = /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home\.arpa)$/;

export function createEgressGuard(deps: EgressGuardDeps): EgressGuard {
  const allow = parseAllowList(deps.allow);
  const lookup = deps.lookup ?? systemLookup;
  const dispatcher = new Agent({
    connect: pinnedConnector({ resolve: resolveChecked }),
    // A pinned socket must not outlive the answer it was judged by for long.
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 10_000,
  });

  /** The addresses a connection to the host may use; throws where any of them is not to be reached. */
  async function resolveChecked(hostname: string, port: number): Promise<readonly string[]> {
    const host = bareHost(hostname);
    const byName = judgeHost(host, port);
    if (isIP(host) !== 0) return [host];
    const addresses = await lookup(host);
    if (addresses.length === 0) throw new Error(`${host} has no address`);
    for (const text of addresses) {
      const address = parseAddress(text);
      if (address === undefined) throw denied(host, `it resolves to ${text}, which is no plain address`);
      const reason = whyNotPublic(address);
      if (reason === undefined || byName || allowsAddress(allow, address)) continue;
      // One bad address among good ones is refused too: the socket might have tried it first.
      throw denied(host, `it resolves to a ${reason} address`);
    }
    return addresses;
  }

  /** Judges what the host's text alone gives away. True: allowed by name, so its addresses are free. */
  function judgeHost(host: string, port: number): boolean {
    if (allowsHost(allow, host, port)) return true;
    const address = parseAddress(host);
    if (address !== undefined) {
      const reason = whyNotPublic(address);
      if (reason !== undefined && !allowsAddress(allow, address))
        throw denied(host, `it is a ${reason} address`);
      return false;
    }
    if (isIP(host) !== 0) throw denied(host, "it is no plain address");
    if (host.endsWith(".")) throw denied(host, "a host must not end in a dot");
    if (LOCAL_NAME.test(host) || !host.includes(".")) throw denied(host, "it is a local name");
    return false;
  }

  function judgeUrl(url: string | URL): { url: URL; host: string; port: number; byName: boolean } {
    const parsed = parseHttpUrl(url);
    const host = bareHost(parsed.hostname);
    const port = portOf(parsed);
    return { url: parsed, host, port, byName: judgeHost(host, port) };
  }

  async function fetchOnce(url: URL, request: RequestInit): Promise<Response> {
    try {
      return await undiciFetch(url, { ...request, redirect: "manual", dispatcher });
    } catch (error) {
      // undici wraps what the connector threw in "fetch failed".
      if (error instanceof Error && error.cause instanceof EgressDeniedError) throw error.cause;
      throw error;
    }
  }

  return {
    dispatcher,
    async check(url) {
      const { host, port } = judgeUrl(url);
      await resolveChecked(host, port);
    },
    checkWebhookUrl(url) {
      const judged = judgeUrl(url);
      const opened = judged.byName || addressAllowed(judged.host);
      if (judged.url.protocol !== "https:" && !opened) throw denied(judged.host, "a webhook must use https");
    },
    async fetch(url, request = {}) {
      const { redirect = "follow", maxRedirects = MAX_REDIRECTS, checkHop, ...init } = request;
      if (redirect === "follow" && !/^(?:get|head)$/i.test(init.method ?? "GET")) {
        throw new TypeError('only GET and HEAD follow redirects; use redirect: "manual"');
      }
      let next = judgeUrl(url).url;
      let sent: RequestInit = init;
      for (let hop = 0; ; hop += 1) {
        checkHop?.(next);
        const response = await fetchOnce(next, sent);
        const target = redirect === "follow" ? redirectTarget(response, next) : undefined;
        if (target === undefined) return response;
        await response.body?.cancel();
        if (hop >= maxRedirects) throw denied(next.hostname, `it redirects more than ${maxRedirects} times`);
        const from = next;
        next = judgeUrl(target).url;
        // What was meant for one origin is not shown to the next.
        if (next.origin !== from.origin) sent = withoutCredentials(sent);
      }
    },
    close: () => dispatcher.close(),
  };

  function addressAllowed(host: string): boolean {
    const address = parseAddress(host);
    return address !== undefined && allowsAddress(allow, address);
  }
}

function parseHttpUrl(url: string | URL): URL {
  const parsed = typeof url === "string" ? URL.parse(url) : new URL(url);
  if (parsed === null) throw new EgressDeniedError("not an absolute URL");
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new EgressDeniedError(`only http and https are let out, not ${parsed.protocol.slice(0, -1)}`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new EgressDeniedError("a URL must not carry a user name or password");
  }
  return parsed;
}

function redirectTarget(response: Response, base: URL): string | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get("location");
  if (location === null) return undefined;
  const target = URL.parse(location, base.href);
  if (target === null) throw denied(base.hostname, "it redirects to something that is no URL");
  return target.href;
}

function withoutCredentials(request: RequestInit): RequestInit {
  const headers = new Headers(request.headers);
  for (const name of ["authorization", "cookie", "proxy-authorization"]) headers.delete(name);
  return { ...request, headers };
}

/** WHATWG URLs have already turned `0x7f.1`, `2130706433` and `①②⑦.0.0.1` into 127.0.0.1 here. */
function bareHost(hostname: string): string {
  const host = hostname.startsWith("[") && hostname.endsWith("]") ? hostname.slice(1, -1) : hostname;
  return (parseAddress(host)?.toString() ?? host).toLowerCase();
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

function denied(host: string, reason: string): EgressDeniedError {
  return new EgressDeniedError(`${host} may not be reached: ${reason}`);
}

async function systemLookup(hostname: string): Promise<readonly string[]> {
  const found = await dnsLookup(hostname, { all: true, order: "verbatim" });
  return found.map(({ address }) => address);
}
