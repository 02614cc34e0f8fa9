/**
 * API keys: made and shown once, listed without their secret, taken away. The operator (an admin of tenant `default`)
 * does so for any tenant, which comes into being with its first key; an admin of another tenant only for his own.
 */
import { ApiKeyId, ApiKeyRequest, type ApiKeyView, type Me, TenantName } from "@pawl/protocol";
import { createApiKey, deleteApiKey, type ListedApiKey, listApiKeys } from "@pawl/store";
import type { Request, RequestHandler, Router } from "express";
import { z } from "zod";
import type { ApiDeps } from "./api-deps.ts";
import { type Caller, callerOf, isOperator, type KeyRing } from "./auth.ts";
import { Cursor, readCursor, writeCursor } from "./cursor.ts";
import { pageLimit } from "./page-limit.ts";
import { parseBody, parseQuery, refuseQuery } from "./parse-request.ts";
import { HttpProblem, notFound } from "./problem.ts";
import { readJsonBody } from "./read-body.ts";
import { serve } from "./routing.ts";

export function apiKeyRoutes(router: Router, deps: ApiDeps, keys: KeyRing): void {
  serve(router, "/api-keys", { get: listRoute(deps), post: createRoute(deps) });
  serve(router, "/api-keys/:id", { delete: deleteRoute(deps, keys) });
  serve(router, "/me", { get: meRoute() });
}

function adminOf(request: Request): Caller {
  const caller = callerOf(request);
  if (!caller.scopes.includes("admin")) throw new HttpProblem("forbidden", "API keys need an admin key.");
  return caller;
}

function createRoute({ store, maxBodyBytes, nowMs, log }: ApiDeps): RequestHandler {
  return async (request, response) => {
    const caller = adminOf(request);
    refuseQuery(request);
    const asked = parseBody(ApiKeyRequest, await readJsonBody(request, maxBodyBytes));
    const { tenant, name = null } = asked;
    const scopes = [...new Set(asked.scopes ?? ["tasks" as const])];
    if (!isOperator(caller) && tenant !== caller.tenant) {
      throw new HttpProblem("forbidden", "This admin key makes keys of its own tenant only.");
    }
    const { id, apiKey, webhookSecret } = await createApiKey(store, { tenant, scopes, name, nowMs: nowMs() });
    log.info("api key made", { id, tenant, scopes, name });
    response.status(201).json({
      key: apiKey,
      ...(webhookSecret === null ? {} : { webhook_secret: webhookSecret }),
      id,
      tenant,
      scopes,
      name,
    });
  };
}

export const ApiKeyListQuery = z.strictObject({
  tenant: TenantName.optional(),
  limit: pageLimit({ usual: 20, most: 100 }),
  cursor: Cursor.optional(),
});

/** The environment's own admin key is none of these. */
function listRoute({ store }: ApiDeps): RequestHandler {
  return async (request, response) => {
    const caller = adminOf(request);
    const { tenant: asked, limit, cursor } = parseQuery(ApiKeyListQuery, request);
    const from = readCursor(cursor, (last) => /^\S{24} key_[0-9a-f]{24}$/.test(last));
    if (!isOperator(caller) && asked !== undefined && asked !== caller.tenant) {
      throw new HttpProblem("forbidden", "This admin key sees the keys of its own tenant only.");
    }
    const tenant = isOperator(caller) ? asked : caller.tenant;
    const { keys, nextCursor } = await listApiKeys(store, { tenant, limit, cursor: from });
    response.json({ data: keys.map(apiKeyView), next_cursor: writeCursor(nextCursor) });
  };
}

/** Refused by this process at once, by others within seconds: they remember for so long whom they have let in. */
function deleteRoute({ store, log }: ApiDeps, keys: KeyRing): RequestHandler {
  return async (request, response) => {
    const caller = adminOf(request);
    refuseQuery(request);
    const id = ApiKeyId.safeParse(request.params.id);
    if (!id.success) throw notFound();
    const tenant = isOperator(caller) ? undefined : caller.tenant;
    if (!(await deleteApiKey(store, { id: id.data, tenant }))) throw notFound();
    keys.forget();
    log.info("api key taken away", { id: id.data, by: caller.tenant });
    response.status(204).end();
  };
}

function meRoute(): RequestHandler {
  return (request, response) => {
    refuseQuery(request);
    const caller = callerOf(request);
    const me: Me = {
      tenant: caller.tenant,
      scopes: [...caller.scopes],
      is_operator: isOperator(caller),
    };
    response.json(me);
  };
}

function apiKeyView({ id, tenant, scopes, name, created_at, lastUsedAtMs }: ListedApiKey): ApiKeyView {
  const last_used_at = lastUsedAtMs === null ? null : new Date(lastUsedAtMs).toISOString();
  return { id, tenant, scopes, name, created_at, last_used_at };
}
