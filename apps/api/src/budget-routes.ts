/**
 * The limits of money beside a task's own. Whoever may submit tasks for a tenant may set what its sessions, users and
 * features, and the tenant itself, may spend; what all tenants together may spend is the operator's alone.
 */
import {
  BudgetLimitRequest,
  BudgetScope,
  BudgetTarget,
  isBudgetOfTenant,
  scopeLimit,
  WindowName,
  windowBudgetOnTheWire,
  windowsAt,
} from "@pawl/protocol";
import { listLimited, readBudget, removeLimit, setLimit } from "@pawl/store";
import type { Request, RequestHandler, Router } from "express";
import { z } from "zod";
import type { ApiDeps } from "./api-deps.ts";
import { callerOf, isOperator } from "./auth.ts";
import { Cursor, readCursor, writeCursor } from "./cursor.ts";
import { enqueueOwedLegs } from "./enqueue-owed.ts";
import { pageLimit } from "./page-limit.ts";
import { parseBody, parseQuery, refuseQuery } from "./parse-request.ts";
import { HttpProblem, notFound } from "./problem.ts";
import { readJsonBody } from "./read-body.ts";
import { serve } from "./routing.ts";

export function budgetRoutes(router: Router, deps: ApiDeps): void {
  serve(router, "/budgets", { get: listRoute(deps) });
  serve(router, "/budgets/:scope/:id", {
    get: getRoute(deps),
    put: putRoute(deps),
    delete: deleteRoute(deps),
  });
}

export const BudgetListQuery = z.strictObject({
  limit: pageLimit({ usual: 20, most: 100 }),
  cursor: Cursor.optional(),
});

/** Those that have a limit set by hand; the configured ones are the same for everybody. */
function listRoute(deps: ApiDeps): RequestHandler {
  return async (request, response) => {
    const { tenant } = callerOf(request);
    const { limit, cursor } = parseQuery(BudgetListQuery, request);
    const last = readCursor(cursor, (text) => targetOfCursor(text) !== undefined);
    const from = last === null ? null : (targetOfCursor(last) ?? null);
    const { targets, next } = await listLimited(deps.store, { tenant, limit, cursor: from });
    // The global one is in the operator's tenant's list, whose other keys may not see it.
    const visible = targets.filter(({ scope }) => scope !== "global" || isOperator(callerOf(request)));
    const data = await Promise.all(
      visible.map(async ({ scope, id }) => {
        const { data: windows } = await budgetView(deps, tenant, { scope, id });
        return { scope, id, windows };
      }),
    );
    response.json({ data, next_cursor: writeCursor(next === null ? null : `${next.scope}:${next.id}`) });
  };
}

function targetOfCursor(text: string): BudgetTarget | undefined {
  const colon = text.indexOf(":");
  return BudgetTarget.safeParse({ scope: text.slice(0, colon), id: text.slice(colon + 1) }).data;
}

function getRoute(deps: ApiDeps): RequestHandler {
  return async (request, response) => {
    const target = targetOf(request);
    refuseQuery(request);
    response.json(await budgetView(deps, callerOf(request).tenant, target));
  };
}

/** Replaces the limit of one window. Those whom it lets go on are back in the queue before the answer. */
function putRoute(deps: ApiDeps): RequestHandler {
  return async (request, response) => {
    const { tenant } = callerOf(request);
    const target = targetOf(request);
    refuseQuery(request);
    const { window, ...limit } = parseBody(
      BudgetLimitRequest,
      await readJsonBody(request, deps.maxBodyBytes),
    );
    const legs = await setLimit(deps.store, tenant, target, window, scopeLimit(limit));
    // Without the id, which is a user's.
    deps.log.info("budget set", { tenant, scope: target.scope, window });
    await enqueueOwedLegs(deps, legs);
    response.json(await budgetView(deps, tenant, target));
  };
}

export const BudgetDeleteQuery = z.strictObject({ window: WindowName });

/** Takes the limit of one window that was set by hand away, if there is one: the configured one holds again, or none. */
function deleteRoute(deps: ApiDeps): RequestHandler {
  return async (request, response) => {
    const { tenant } = callerOf(request);
    const target = targetOf(request);
    const { window } = parseQuery(BudgetDeleteQuery, request);
    const legs = await removeLimit(deps.store, tenant, target, window);
    deps.log.info("budget removed", { tenant, scope: target.scope, window });
    await enqueueOwedLegs(deps, legs);
    response.json(await budgetView(deps, tenant, target));
  };
}

/** Whose budget the path names. What is not the caller's to see is not there. */
function targetOf(request: Request): BudgetTarget {
  const caller = callerOf(request);
  const { scope, id } = request.params;
  if (!BudgetScope.safeParse(scope).success) throw notFound();
  if (scope === "global" && !isOperator(caller)) {
    throw new HttpProblem("forbidden", "The global budget needs the admin key.");
  }
  if (scope === "global" && id !== "global") throw notFound();
  const target = parseBody(BudgetTarget, { scope, id });
  if (!isBudgetOfTenant(target, caller.tenant)) throw notFound();
  return target;
}

async function budgetView({ store, config, nowMs }: ApiDeps, tenant: string, target: BudgetTarget) {
  const configured = config.scopeLimits[target.scope];
  const budget = await readBudget(store, tenant, target, configured, windowsAt(nowMs(), config.timeZone));
  return { data: budget.map((one) => windowBudgetOnTheWire(one.window, one.limit, one)) };
}
