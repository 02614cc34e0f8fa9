/**
 * What lets a browser in without its holding a key: sealed words in cookies, pages that only take orders from
 * themselves, and an end to guessing. A sealed word holds its expiry and a signature made with the admin key:
 * nothing to store, good at every api process, and void when the admin key changes.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Request, Response } from "express";
import type { ApiDeps } from "./api-deps.ts";
import { HttpProblem } from "./problem.ts";

export const SESSION_MS = 12 * 60 * 60 * 1000;

export type Seal = {
  /** `word` may hold letters, digits, `_` and `-`; whoever holds the token can read it. */
  close(word: string, ttlMs: number): string;
  /** The word; undefined where the token was not made here for this purpose, or its time is over. */
  open(token: string | undefined): { word: string; expiresAtMs: number } | undefined;
};

/** What is sealed for one purpose opens for no other. */
export function openSeal({ adminKey, nowMs }: Pick<ApiDeps, "adminKey" | "nowMs">, purpose: string): Seal {
  const secret = createHash("sha256").update(`pawl ${purpose}\n${adminKey}`).digest();
  const sign = (text: string) => createHmac("sha256", secret).update(text).digest("base64url");
  return {
    close(word, ttlMs) {
      const text = `${nowMs() + ttlMs}.${word}`;
      return `${text}.${sign(text)}`;
    },
    open(token) {
      const [, expiresAt, word, signature] =
        /^(\d{1,15})\.([\w-]{1,128})\.([\w-]{43})$/.exec(token ?? "") ?? [];
      if (expiresAt === undefined || word === undefined || signature === undefined) return undefined;
      const expiresAtMs = Number(expiresAt);
      if (expiresAtMs <= nowMs()) return undefined;
      const expected = Buffer.from(sign(`${expiresAt}.${word}`));
      return timingSafeEqual(expected, Buffer.from(signature)) ? { word, expiresAtMs } : undefined;
    },
  };
}

export type Cookie = { name: string; path: string };

export function readCookie(request: Request, { name }: Cookie): string | undefined {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** No script reads it, no other site's page sends it. `maxAgeMs` 0 takes it back. */
export function setCookie(response: Response, { name, path }: Cookie, value: string, maxAgeMs: number): void {
  const { req: request } = response;
  // A forged header can only make the forger's own cookie stricter.
  const secure = request.secure || request.headers["x-forwarded-proto"] === "https";
  response.cookie(name, value, { httpOnly: true, sameSite: "strict", path, secure, maxAge: maxAgeMs });
}

/** SameSite keeps the cookie from other sites' pages; this keeps what they send themselves from being heard. */
export function refuseForeignPage(request: Request): void {
  const site = request.headers["sec-fetch-site"];
  const origin = request.headers.origin;
  const isForeignSite = site !== undefined && site !== "same-origin" && site !== "none";
  // Pages that send no referrer, as ours, have the origin "null".
  const isForeignOrigin =
    origin !== undefined && origin !== "null" && URL.parse(origin)?.host !== request.headers.host;
  if (isForeignSite || isForeignOrigin) {
    throw new HttpProblem("forbidden", "This can only be sent from a page of its own.");
  }
}

const MOST_FAILURES = 10;
const WINDOW_MS = 60_000;
const MOST_ADDRESSES = 10_000;

export type Patience = { isOver(request: Request): boolean; add(request: Request): void };

/** Ten wrong keys a minute and address: a person's slips, not a search. */
export function limitFailures(nowMs: () => number): Patience {
  const windows = new Map<string, { failures: number; endsAtMs: number }>();
  const addressOf = (request: Request) => request.socket.remoteAddress ?? "";
  const current = (address: string) => {
    const window = windows.get(address);
    return window !== undefined && window.endsAtMs > nowMs() ? window : undefined;
  };
  return {
    isOver: (request) => (current(addressOf(request))?.failures ?? 0) >= MOST_FAILURES,
    add(request) {
      const address = addressOf(request);
      const window = current(address) ?? { failures: 0, endsAtMs: nowMs() + WINDOW_MS };
      if (windows.size >= MOST_ADDRESSES) windows.clear();
      windows.set(address, { ...window, failures: window.failures + 1 });
    },
  };
}
