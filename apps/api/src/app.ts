/**
 * The API as one Express app: check, submit, read. It never performs a task. Order matters: what every response
 * carries, then the open routes, then the board and the console with doors of their own, then the door of `/v1` and what is
 * behind it, then "no such thing", then errors.
 */
import express, { type Express } from "express";
import helmet from "helmet";
import type { ApiDeps } from "./api-deps.ts";
import { authenticate, openKeyRing } from "./auth.ts";
import { boardRoutes } from "./bull-board.ts";
import { consoleFiles } from "./console-files.ts";
import { consoleSessionRoutes, openConsoleSessions } from "./console-session.ts";
import { documentRoutes } from "./document-routes.ts";
import { healthRoutes } from "./health-routes.ts";
import { apiMetrics } from "./metrics.ts";
import { answerErrors, notFound } from "./problem.ts";
import { requestContext } from "./request-context.ts";
import { v1Routes } from "./v1-routes.ts";

/** Opens nothing and listens to nothing: the caller owns both. */
export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag").set("query parser", false).set("case sensitive routing", true);
  app.use(requestContext(deps));
  // A Pawl on plain http, on a port of a private network, is no fault that a browser should repair.
  app.use(helmet({ contentSecurityPolicy: { directives: { "upgrade-insecure-requests": null } } }));

  const metrics = apiMetrics(deps);
  app.use(metrics.count);

  const keys = openKeyRing(deps);
  healthRoutes(app, deps);
  metrics.routes(app);
  documentRoutes(app);
  const sessions = openConsoleSessions(deps, keys);
  app.use("/admin/queues", boardRoutes(deps, keys, sessions));
  app.use("/console", consoleSessionRoutes(deps, keys, sessions), consoleFiles(deps));

  const v1 = express.Router({ caseSensitive: true });
  v1.use(authenticate(keys, sessions));
  v1Routes(v1, deps, keys);
  app.use("/v1", v1);

  app.use(() => {
    throw notFound();
  });
  app.use(answerErrors(deps));
  return app;
}
