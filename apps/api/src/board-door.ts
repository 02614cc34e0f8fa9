/**
 * The door of the queue board: open to the operator's key in the Authorization header; in a browser, to a cookie
 * that a log-in form gives for twelve hours, and to an operator who is logged in to the console.
 */
import express, { type Request, type RequestHandler, type Router } from "express";
import type { ApiDeps } from "./api-deps.ts";
import { bearerKey, isOperator, type KeyRing } from "./auth.ts";
import { logInPage, logOutPage } from "./board-pages.ts";
import {
  limitFailures,
  openSeal,
  readCookie,
  refuseForeignPage,
  SESSION_MS,
  setCookie,
} from "./browser-session.ts";
import type { ConsoleSessions } from "./console-session.ts";
import { HttpProblem } from "./problem.ts";
import { readFormBody } from "./read-body.ts";
import { serve } from "./routing.ts";

export const BOARD_PATH = "/admin/queues";
const COOKIE = { name: "pawl_board", path: "/admin" };
const MOST_FORM_BYTES = 4_096;

/** Routes of the form, then the guard: what is mounted after it is behind the door. */
export function boardDoor(
  deps: Pick<ApiDeps, "adminKey" | "nowMs" | "log">,
  keys: KeyRing,
  sessions: ConsoleSessions,
): Router {
  const router = express.Router();
  const failures = limitFailures(deps.nowMs);
  const seal = openSeal(deps, "board session");

  const logIn: RequestHandler = async (request, response) => {
    refuseForeignPage(request);
    if (failures.isOver(request)) {
      response
        .status(429)
        .set("retry-after", "60")
        .type("html")
        .send(logInPage("Too many tries. Wait a minute."));
      return;
    }
    const form = await readFormBody(request, MOST_FORM_BYTES);
    if (!(await isOperatorKey(keys, form.get("key")?.trim()))) {
      failures.add(request);
      deps.log.warn("a log-in to the queue board was refused", { address: request.socket.remoteAddress });
      response.status(401).type("html").send(logInPage("This is no admin key of this Pawl."));
      return;
    }
    setCookie(response, COOKIE, seal.close("operator", SESSION_MS), SESSION_MS);
    response.redirect(303, BOARD_PATH);
  };

  const logOut: RequestHandler = (request, response) => {
    refuseForeignPage(request);
    setCookie(response, COOKIE, "", 0);
    response.redirect(303, BOARD_PATH);
  };

  const mayEnter = async (request: Request): Promise<boolean> => {
    const key = bearerKey(request);
    if (key !== undefined) return isOperatorKey(keys, key);
    if (seal.open(readCookie(request, COOKIE)) !== undefined) return true;
    const session = await sessions.find(request);
    return session !== undefined && isOperator(session.caller);
  };

  serve(router, "/login", { get: (_request, response) => response.redirect(303, BOARD_PATH), post: logIn });
  serve(router, "/logout", {
    get: (_request, response) => {
      response.type("html").send(logOutPage());
    },
    post: logOut,
  });
  router.use(async (request, response, next) => {
    if (await mayEnter(request)) {
      if (request.method !== "GET" && request.method !== "HEAD") refuseForeignPage(request);
      return next();
    }
    // Only somebody who opens a page wants a form; the board's own calls and scripts want to know the status.
    const isPage = request.accepts(["application/json", "text/html"]) === "text/html";
    if (isPage && bearerKey(request) === undefined) {
      response.status(401).type("html").send(logInPage());
      return;
    }
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
