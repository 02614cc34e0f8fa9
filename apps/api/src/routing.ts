/**
 * A path and what it serves; every other method gets 405 with `Allow`. HEAD is served where GET is. The path as it is
 * written here is kept with the response, for who counts.
 */
import type { RequestHandler, Router } from "express";
import { HttpProblem } from "./problem.ts";

type Handlers = {
  get?: RequestHandler;
  post?: RequestHandler;
  put?: RequestHandler;
  delete?: RequestHandler;
};

/** What was given to `serve`, by router: the document is held against it. */
const served = new WeakMap<Router, readonly { method: string; path: string }[]>();

export function servedBy(router: Router): readonly { method: string; path: string }[] {
  return served.get(router) ?? [];
}

export function serve(router: Router, path: string, handlers: Handlers): void {
  router.all(path, (request, response, next) => {
    response.locals.route = request.baseUrl + path;
    next();
  });
  if (handlers.get !== undefined) router.get(path, handlers.get);
  if (handlers.post !== undefined) router.post(path, handlers.post);
  if (handlers.put !== undefined) router.put(path, handlers.put);
  if (handlers.delete !== undefined) router.delete(path, handlers.delete);
  const allow = [
    ...(handlers.get ? ["GET", "HEAD"] : []),
    ...(handlers.post ? ["POST"] : []),
    ...(handlers.put ? ["PUT"] : []),
    ...(handlers.delete ? ["DELETE"] : []),
  ].join(", ");
  served.set(router, [...servedBy(router), ...Object.keys(handlers).map((method) => ({ method, path }))]);
  router.all(path, (request) => {
    throw new HttpProblem("method_not_allowed", `This path serves ${allow} only, not ${request.method}.`, {
      headers: { allow },
    });
  });
}
