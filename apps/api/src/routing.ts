/**
 * A path and what it serves; every other method gets 405 with `Allow`. HEAD is served where GET is. The path as it is
 * written here is kept with the response, for who counts.
 */
import type { RequestHandler, Router } from "express";
import { HttpProblem } from "./problem.ts";

export function serve(
  router: Router,
  path: string,
  handlers: { get?: RequestHandler; post?: RequestHandler; put?: RequestHandler },
): void {
  router.all(path, (request, response, next) => {
    response.locals.route = request.baseUrl + path;
    next();
  });
  if (handlers.get !== undefined) router.get(path, handlers.get);
  if (handlers.post !== undefined) router.post(path, handlers.post);
  if (handlers.put !== undefined) router.put(path, handlers.put);
  const allow = [
    ...(handlers.get ? ["GET", "HEAD"] : []),
    ...(handlers.post ? ["POST"] : []),
    ...(handlers.put ? ["PUT"] : []),
  ].join(", ");
  router.all(path, (request) => {
    throw new HttpProblem("method_not_allowed", `This path serves ${allow} only, not ${request.method}.`, {
      headers: { allow },
    });
  });
}
