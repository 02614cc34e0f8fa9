/**
 * Who is logged in to the console. A browser shows a key once, or a link's token that is good once and for an hour,
 * and gets a cookie for twelve hours. The cookie names the key by its digest and is no better than it: a key
 * that is taken away takes its sessions along. What a cookie orders must come from a page of ours: other sites'
 * pages can neither send it (SameSite) nor set the header that every change by it needs.
 */
import { randomBytes } from "node:crypto";
import { keepOneTimeWord, takeOneTimeWord } from "@pawl/store";
import express, { type Request, type RequestHandler, type Response, type Router } from "express";
import { z } from "zod";
import type { ApiDeps } from "./api-deps.ts";
import { bearerKey, type Caller, digestOf, type KeyRing } from "./auth.ts";
import {
  limitFailures,
  openSeal,
  readCookie,
  refuseForeignPage,
  SESSION_MS,
  setCookie,
} from "./browser-session.ts";
import { parseBody, refuseQuery } from "./parse-request.ts";
import { HttpProblem } from "./problem.ts";
import { readJsonBody } from "./read-body.ts";
import { serve } from "./routing.ts";

const COOKIE = { name: "pawl_console", path: "/" };
/** What a page of another site cannot send without asking us first, which we never allow. */
const OWN_HEADER = "x-pawl-console";
const LINK_MS = 60 * 60 * 1000;
const MOST_BODY_BYTES = 4_096;

export type ConsoleSession = { caller: Caller; expiresAtMs: number };

export type ConsoleSessions = {
  /** Whose cookie a request carries; undefined: nobody's. */
  find(request: Request): Promise<ConsoleSession | undefined>;
};

export function openConsoleSessions(
  deps: Pick<ApiDeps, "adminKey" | "nowMs">,
  keys: KeyRing,
): ConsoleSessions {
  const seal = openSeal(deps, "console session");
  return {
    async find(request) {
      const opened = seal.open(readCookie(request, COOKIE));
      if (opened === undefined) return undefined;
      const caller = await keys.findByDigest(opened.word);
      return caller === undefined ? undefined : { caller, expiresAtMs: opened.expiresAtMs };
    },
  };
}

/** For requests that come by cookie: from our own page, and no change without our own header. */
export function refuseForgery(request: Request): void {
  refuseForeignPage(request);
  const isHarmless = request.method === "GET" || request.method === "HEAD";
  if (!isHarmless && request.headers[OWN_HEADER] === undefined) {
    throw new HttpProblem("forbidden", `A change by cookie needs the header ${OWN_HEADER}.`);
  }
}

const LogIn = z.union([
  z.strictObject({ key: z.string().min(1).max(512) }),
  z.strictObject({ token: z.string().min(1).max(512) }),
]);

/** /console/session and /console/links; they are the browser's, and no part of the public API. */
export function consoleSessionRoutes(deps: ApiDeps, keys: KeyRing, sessions: ConsoleSessions): Router {
  const router = express.Router();
  const seal = openSeal(deps, "console session");
  const failures = limitFailures(deps.nowMs);

  const digestOfLogIn = async (logIn: z.output<typeof LogIn>): Promise<string | undefined> => {
    if ("key" in logIn) return digestOf(logIn.key.trim()).toString("hex");
    return takeOneTimeWord(deps.store, logIn.token);
  };

  const logIn: RequestHandler = async (request, response) => {
    refuseForgery(request);
    refuseQuery(request);
    if (failures.isOver(request)) {
      throw new HttpProblem("too_many_tries", "Too many tries. Wait a minute.", {
        headers: { "retry-after": "60" },
      });
    }
    const body = parseBody(LogIn, await readJsonBody(request, MOST_BODY_BYTES));
    const digest = await digestOfLogIn(body);
    const caller = digest === undefined ? undefined : await keys.findByDigest(digest);
    if (digest === undefined || caller === undefined) {
      failures.add(request);
      deps.log.warn("a log-in to the console was refused", { address: request.socket.remoteAddress });
      const detail = "key" in body ? "This API key is not known." : "This link was used or has expired.";
      throw new HttpProblem("unauthorized", detail);
    }
    setCookie(response, COOKIE, seal.close(digest, SESSION_MS), SESSION_MS);
    sendSession(response, { caller, expiresAtMs: deps.nowMs() + SESSION_MS });
  };

  const show: RequestHandler = async (request, response) => {
    const session = await sessions.find(request);
    if (session === undefined) throw new HttpProblem("unauthorized", "Nobody is logged in.");
    sendSession(response, session);
  };

  const logOut: RequestHandler = (request, response) => {
    refuseForgery(request);
    setCookie(response, COOKIE, "", 0);
    response.status(204).end();
  };

  /** Whoever holds a key may make a link that opens the console as him: `npm start` prints one. */
  const makeLink: RequestHandler = async (request, response) => {
    const key = bearerKey(request);
    if (key === undefined || (await keys.find(key)) === undefined) {
      throw new HttpProblem("unauthorized", "Send the header Authorization: Bearer <key>.", {
        headers: { "www-authenticate": "Bearer" },
      });
    }
    const token = randomBytes(24).toString("base64url");
    const digest = digestOf(key).toString("hex");
    await keepOneTimeWord(deps.store, { word: token, value: digest, ttlMs: LINK_MS });
    // After the #, a browser keeps it to itself: it is in no log on the way.
    response.status(201).json({
      path: `/console/#token=${token}`,
      expires_at: new Date(deps.nowMs() + LINK_MS).toISOString(),
    });
  };

  serve(router, "/session", { get: show, post: logIn, delete: logOut });
  serve(router, "/links", { post: makeLink });
  return router;
}

function sendSession(response: Response, { caller, expiresAtMs }: ConsoleSession): void {
  response.json({
    tenant: caller.tenant,
    scopes: caller.scopes,
    expires_at: new Date(expiresAtMs).toISOString(),
  });
}
