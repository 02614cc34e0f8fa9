/**
 * Who calls. A request is let in by `Authorization: Bearer <key>` before anything of its body is read; from
 * then on all it can reach is its key's tenant. Keys are compared by digest, in constant time.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Scope } from "@pawl/protocol";
import { findApiKey, noteApiKeyUsed, type Store } from "@pawl/store";
import type { Request, RequestHandler } from "express";
import { BOOTSTRAP_TENANT } from "./api-deps.ts";
import { HttpProblem } from "./problem.ts";

export type Caller = { tenant: string; scopes: readonly Scope[] };

export type KeyRing = {
  /** Whose key this is; undefined: nobody's. */
  find(key: string): Promise<Caller | undefined>;
  /** Looks every key up anew from now on: one was taken away. */
  forget(): void;
};

/** So long may a key that was taken away still be taken for good. */
const CACHED_MS = 5_000;
const MOST_CACHED = 10_000;

export function openKeyRing(deps: { store: Store; adminKey: string; nowMs: () => number }): KeyRing {
  const adminDigest = digestOf(deps.adminKey);
  const known = new Map<string, { caller: Caller; untilMs: number }>();
  return {
    async find(key) {
      const digest = digestOf(key);
      if (timingSafeEqual(digest, adminDigest)) {
        return { tenant: BOOTSTRAP_TENANT, scopes: ["tasks", "admin"] };
      }
      const name = digest.toString("hex");
      const cached = known.get(name);
      if (cached !== undefined && cached.untilMs > deps.nowMs()) return cached.caller;
      known.delete(name);
      const record = await findApiKey(deps.store, key);
      if (record === undefined) return undefined;
      const caller = { tenant: record.tenant, scopes: record.scopes };
      // For people to look at: nobody waits for it, and an outage is told of by what follows.
      noteApiKeyUsed(deps.store, key, deps.nowMs()).catch(() => {});
      if (known.size >= MOST_CACHED) known.clear();
      known.set(name, { caller, untilMs: deps.nowMs() + CACHED_MS });
      return caller;
    },
    forget: () => known.clear(),
  };
}

function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** The key of an Authorization header; two headers are as good as none. */
export function bearerKey(request: Request): string | undefined {
  const [header, ...others] = request.headersDistinct.authorization ?? [];
  if (header === undefined || others.length > 0) return undefined;
  return /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header.trim())?.[1];
}

const callers = new WeakMap<Request, Caller>();

/** Lets a request through once its caller is known; `callerOf` tells the routes who it is. */
export function authenticate(keys: KeyRing): RequestHandler {
  return async (request, _response, next) => {
    const key = bearerKey(request);
    const caller = key === undefined ? undefined : await keys.find(key);
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
