/**
 * POST /v1/api-keys: a key for a tenant, shown once. The operator (an admin of tenant `default`) makes them for
 * any tenant, which comes into being with its first key; an admin of another tenant only for his own.
 */
import { Label } from "@pawl/protocol";
import { createApiKey, isTenantName, Scope } from "@pawl/store";
import type { RequestHandler, Router } from "express";
import { z } from "zod";
import type { ApiDeps } from "./api-deps.ts";
import { callerOf, isOperator } from "./auth.ts";
import { parseBody, refuseQuery } from "./parse-request.ts";
import { HttpProblem } from "./problem.ts";
import { readJsonBody } from "./read-body.ts";
import { serve } from "./routing.ts";

const ApiKeyRequest = z.strictObject({
  tenant: z.string().refine(isTenantName, {
    error: "must be 1 to 63 lower-case letters, digits, - and _, and start with a letter or digit",
  }),
  scopes: z
    .array(Scope)
    .min(1)
    .max(10)
    .transform((scopes) => [...new Set(scopes)])
    .default(["tasks"]),
  name: Label.nullable().default(null),
});

export function apiKeyRoutes(router: Router, deps: ApiDeps): void {
  serve(router, "/api-keys", { post: createRoute(deps) });
}

function createRoute({ store, maxBodyBytes, nowMs, log }: ApiDeps): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    if (!caller.scopes.includes("admin"))
      throw new HttpProblem("forbidden", "Making keys needs an admin key.");
    refuseQuery(request);
    const { tenant, scopes, name } = parseBody(ApiKeyRequest, await readJsonBody(request, maxBodyBytes));
    if (!isOperator(caller) && tenant !== caller.tenant) {
      throw new HttpProblem("forbidden", "This admin key makes keys of its own tenant only.");
    }
    const made = await createApiKey(store, { tenant, scopes, name, nowMs: nowMs() });
    log.info("api key made", { tenant, scopes, name });
    response.status(201).json({
      key: made.apiKey,
      ...(made.webhookSecret === null ? {} : { webhook_secret: made.webhookSecret }),
      tenant,
      scopes,
      name,
    });
  };
}
