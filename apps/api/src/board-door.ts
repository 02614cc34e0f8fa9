/**
 * The door of the queue board: open to the operator's key in the Authorization header, or, in a browser, to a
 * cookie that a log-in form gives for twelve hours. The cookie holds its expiry and a signature made with the
 * admin key: nothing to store, good at every api process, and void when the admin key changes.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import express, { type Request, type RequestHandler, type Response, type Router } from "express";
import type { ApiDeps } from "./api-deps.ts";
import { bearerKey, isOperator, type KeyRing } from "./auth.ts";
import { logInPage, logOutPage } from "./board-pages.ts";
import { HttpProblem } from "./problem.ts";
import { readFormBody } from "./read-body.ts";
import { serve } from "./routing.ts";

export const BOARD_PATH = "/admin/queues";
const COOKIE = "pawl_board";
const SESSION_MS = 12 * 60 * 60 * 1000;
const MOST_FORM_BYTES = 4_096;

/** Routes of the form, then the guard: what is mounted after it is behind the door. */
export function boardDoor(deps: Pick<ApiDeps, "adminKey" | "nowMs" | "log">, keys: KeyRing): Router {
  const router = express.Router();
  const failures = limitFailures(deps.nowMs);
  const sessions = sessionsOf(deps);

  const logIn: RequestHandler = async (request, response) => {
    refuseForeignForm(request);
    const address = request.socket.remoteAddress ?? "";
    if (failures.isOver(address)) {
      response
        .status(429)
        .set("retry-after", "60")
        .type("html")
        .send(logInPage("Too many tries. Wait a minute."));
      return;
    }
    const form = await readFormBody(request, MOST_FORM_BYTES);
    if (!(await isOperatorKey(keys, form.get("key")?.trim()))) {
      failures.add(address);
      deps.log.warn("a log-in to the queue board was refused", { address });
      response.status(401).type("html").send(logInPage("This is no admin key of this Pawl."));
      return;
    }
    setCookie(request, response, sessions.make(), SESSION_MS);
    response.redirect(303, BOARD_PATH);
  };

  const logOut: RequestHandler = (request, response) => {
    refuseForeignForm(request);
    setCookie(request, response, "", 0);
    response.redirect(303, BOARD_PATH);
  };

  serve(router, "/login", { get: (_request, response) => response.redirect(303, BOARD_PATH), post: logIn });
  serve(router, "/logout", {
    get: (_request, response) => {
      response.type("html").send(logOutPage());
    },
    post: logOut,
  });
  router.use(async (request, response, next) => {
    const key = bearerKey(request);
    if (key === undefined ? sessions.isValid(cookieOf(request)) : await isOperatorKey(keys, key)) {
      if (request.method !== "GET" && request.method !== "HEAD") refuseForeignForm(request);
      return next();
    }
    // Only somebody who opens a page wants a form; the board's own calls and scripts want to know the status.
    const opensPage = key === undefined && request.accepts(["application/json", "text/html"]) === "text/html";
    if (opensPage) return void response.status(401).type("html").send(logInPage());
    throw new HttpProblem("unauthorized", "The queue board needs the admin key.", {
      headers: { "www-authenticate": "Bearer" },
    });
  });
  return router;
}

async function isOperatorKey(keys: KeyRing, key: string | undefined): Promise<boolean> {
  if (key === undefined || key === "" || key.length > 512) return false;
  const caller = await keys.find(key);
  return caller !== undefined && isOperator(caller);
}

function sessionsOf({ adminKey, nowMs }: Pick<ApiDeps, "adminKey" | "nowMs">) {
  const secret = createHash("sha256").update(`pawl board session\n${adminKey}`).digest();
  const sign = (expiresAtMs: string) => createHmac("sha256", secret).update(expiresAtMs).digest("base64url");
  return {
    make(): string {
      const expiresAtMs = String(nowMs() + SESSION_MS);
      return `${expiresAtMs}.${sign(expiresAtMs)}`;
    },
    isValid(token: string | undefined): boolean {
      const [, expiresAtMs, signature] = /^(\d{1,15})\.([A-Za-z0-9_-]{43})$/.exec(token ?? "") ?? [];
      if (expiresAtMs === undefined || signature === undefined || Number(expiresAtMs) <= nowMs())
        return false;
      return timingSafeEqual(Buffer.from(sign(expiresAtMs)), Buffer.from(signature));
    },
  };
}

function cookieOf(request: Request): string | undefined {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}

function setCookie(request: Request, response: Response, value: string, maxAge: number): void {
  // A forged header can only make the forger's own cookie stricter.
  const secure = request.secure || request.headers["x-forwarded-proto"] === "https";
  response.cookie(COOKIE, value, { httpOnly: true, sameSite: "strict", path: "/admin", secure, maxAge });
}

/** SameSite keeps the cookie from other sites' forms; this keeps the forms themselves from being sent by them. */
function refuseForeignForm(request: Request): void {
  const site = request.headers["sec-fetch-site"];
  const origin = request.headers.origin;
  const isForeignSite = site !== undefined && site !== "same-origin" && site !== "none";
  // Pages that send no referrer, as ours, have the origin "null".
  const isForeignOrigin =
    origin !== undefined && origin !== "null" && URL.parse(origin)?.host !== request.headers.host;
  if (isForeignSite || isForeignOrigin) {
    throw new HttpProblem("forbidden", "This form can only be sent from its own page.");
  }
}

const MOST_FAILURES = 10;
const WINDOW_MS = 60_000;
const MOST_ADDRESSES = 10_000;

/** Ten wrong keys a minute and address: a person's slips, not a search. */
function limitFailures(nowMs: () => number) {
  const windows = new Map<string, { failures: number; endsAtMs: number }>();
  const current = (address: string) => {
    const window = windows.get(address);
    return window !== undefined && window.endsAtMs > nowMs() ? window : undefined;
  };
  return {
    isOver: (address: string) => (current(address)?.failures ?? 0) >= MOST_FAILURES,
    add(address: string) {
      const window = current(address) ?? { failures: 0, endsAtMs: nowMs() + WINDOW_MS };
      if (windows.size >= MOST_ADDRESSES) windows.clear();
      windows.set(address, { ...window, failures: window.failures + 1 });
    },
  };
}
