/**
 * Who calls. A request is let in by `Authorization: Bearer <key>`, or by the cookie of who is logged in to the console,
 * before anything of its body is read; from
 * then on all it can reach is its key's tenant. Keys are compared by digest, in constant time.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Scope } from "@pawl/protocol";
import { findApiKeyByHash, noteApiKeyUsed, type Store } from "@pawl/store";
import type { Request, RequestHandler } from "express";
import { BOOTSTRAP_TENANT } from "./api-deps.ts";
import { type ConsoleSessions, refuseForgery } from "./console-session.ts";
import { HttpProblem } from "./problem.ts";

export type Caller = { tenant: string; scopes: readonly Scope[] };

export type KeyRing = {
  /** Whose key this is; undefined: nobody's. */
  find(key: string): Promise<Caller | undefined>;
  /** The same by the key's SHA-256, in hex. */
  findByDigest(name: string): Promise<Caller | undefined>;
  /** Looks every key up anew from now on: one was taken away. */
  forget(): void;
};

/** So long may a key that was taken away still be taken for good. */
const CACHED_MS = 5_000;
const MOST_CACHED = 10_000;

export function openKeyRing(deps: { store: Store; adminKey: string; nowMs: () => number }): KeyRing {
  const adminDigest = digestOf(deps.adminKey);
  const known = new Map<string, { caller: Caller; untilMs: number }>();
  const findByDigest = async (name: string): Promise<Caller | undefined> => {
    const digest = Buffer.from(name, "hex");
    if (digest.length === adminDigest.length && timingSafeEqual(digest, adminDigest)) {
      return { tenant: BOOTSTRAP_TENANT, scopes: ["tasks", "admin"] };
    }
    const cached = known.get(name);
    if (cached !== undefined && cached.untilMs > deps.nowMs()) return cached.caller;
    known.delete(name);
    const record = await findApiKeyByHash(deps.store, name);
    if (record === undefined) return undefined;
    const caller = { tenant: record.tenant, scopes: record.scopes };
    // For people to look at: nobody waits for it, and an outage is told of by what follows.
    noteApiKeyUsed(deps.store, name, deps.nowMs()).catch(() => {});
    if (known.size >= MOST_CACHED) known.clear();
    known.set(name, { caller, untilMs: deps.nowMs() + CACHED_MS });
    return caller;
  };
  return {
    findByDigest,
    forget: () => known.clear(),
    find: (key) => findByDigest(digestOf(key).toString("hex")),
  };
}

export function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** The key of an Authorization header; two headers are as good as none. */
export function bearerKey(request: Request): string | undefined {
  const [header, ...others] = request.headersDistinct.authorization ?? [];
  if (header === undefined || others.length > 0) return undefined;
  return /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header.trim())?.[1];
}

const callers = new WeakMap<Request, Caller>();

/** Lets a request through once its caller is known, by key or by the console's cookie; `callerOf` says who it is. */
export function authenticate(keys: KeyRing, sessions: ConsoleSessions): RequestHandler {
  return async (request, _response, next) => {
    const key = bearerKey(request);
    const session = request.headers.authorization === undefined ? await sessions.find(request) : undefined;
    if (session !== undefined) refuseForgery(request);
    const caller = key === undefined ? session?.caller : await keys.find(key);
    if (caller === undefined) {
      const detail =
        key === undefined ? "Send the header Authorization: Bearer <key>." : "This API key is not known.";
      throw new HttpProblem("unauthorized", detail, { headers: { "www-authenticate": "Bearer" } });
    }
    callers.set(request, caller);
    next();
  };
}

export function callerOf(request: Request): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error("a route was reached without authentication");
  return caller;
}

/** Whoever runs this Pawl: an admin of the bootstrap tenant. */
export function isOperator(caller: Caller): boolean {
  return caller.tenant === BOOTSTRAP_TENANT && caller.scopes.includes("admin");
}
