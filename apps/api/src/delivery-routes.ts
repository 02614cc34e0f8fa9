/** Webhook deliveries: what was sent, what it came to, and sending it again. */
import { DeliveryId, TaskId } from "@pawl/protocol";
import {
  type Delivery,
  listDeliveries,
  readDelivery,
  readSubmission,
  redeliver,
  type Store,
} from "@pawl/store";
import type { Request, RequestHandler, Router } from "express";
import { z } from "zod";
import type { ApiDeps } from "./api-deps.ts";
import { callerOf } from "./auth.ts";
import { Cursor, readCursor, writeCursor } from "./cursor.ts";
import { enqueueOwedDelivery } from "./enqueue-owed.ts";
import { pageLimit } from "./page-limit.ts";
import { parseBody, parseQuery, refuseQuery } from "./parse-request.ts";
import { HttpProblem, notFound } from "./problem.ts";
import { readOptionalJsonBody } from "./read-body.ts";
import { serve } from "./routing.ts";

export function deliveryRoutes(router: Router, deps: ApiDeps): void {
  serve(router, "/deliveries", { get: listRoute(deps) });
  serve(router, "/deliveries/:id", { get: getRoute(deps) });
  serve(router, "/deliveries/:id/redeliver", { post: redeliverRoute(deps) });
}

export const DeliveryListQuery = z.strictObject({
  task: TaskId.optional(),
  limit: pageLimit({ usual: 20, most: 100 }),
  cursor: Cursor.optional(),
});

function listRoute({ store }: ApiDeps): RequestHandler {
  return async (request, response) => {
    const { task, limit, cursor } = parseQuery(DeliveryListQuery, request);
    const from = readCursor(cursor, (last) => DeliveryId.safeParse(last).success);
    const { tenant } = callerOf(request);
    const { deliveries, nextCursor } = await listDeliveries(store, { tenant, limit, cursor: from, task });
    const data = await Promise.all(deliveries.map((delivery) => viewOf(store, tenant, delivery)));
    response.json({ data, next_cursor: writeCursor(nextCursor) });
  };
}

function getRoute({ store }: ApiDeps): RequestHandler {
  return async (request, response) => {
    refuseQuery(request);
    const { tenant } = callerOf(request);
    const delivery = await readDelivery(store, tenant, deliveryIdOf(request));
    if (delivery === undefined) throw notFound();
    response.json(await viewOf(store, tenant, delivery));
  };
}

/** A new round of tries from now on, under the same webhook-id. */
function redeliverRoute(deps: ApiDeps): RequestHandler {
  const { store } = deps;
  return async (request, response) => {
    const { tenant } = callerOf(request);
    const id = deliveryIdOf(request);
    refuseQuery(request);
    const body = await readOptionalJsonBody(request, deps.maxBodyBytes);
    if (body !== undefined) parseBody(z.strictObject({}), body);
    const known = await readDelivery(store, tenant, id);
    if (known === undefined) throw notFound();
    if ((await readSubmission(store, tenant, known.task)) === undefined) {
      throw new HttpProblem("conflict", "The task that this delivery tells of is no longer kept.");
    }
    if ((await redeliver(store, tenant, id)) === "unknown") throw notFound();
    await enqueueOwedDelivery(deps, tenant, id);
    const delivery = await readDelivery(store, tenant, id);
    if (delivery === undefined) throw notFound();
    response
      .status(202)
      .location(`/v1/deliveries/${id}`)
      .json(await viewOf(store, tenant, delivery));
  };
}

function deliveryIdOf(request: Request): string {
  const id = DeliveryId.safeParse(request.params.id);
  if (!id.success) throw notFound();
  return id.data;
}

async function viewOf(store: Store, tenant: string, delivery: Delivery) {
  const submission = await readSubmission(store, tenant, delivery.task);
  return {
    id: delivery.id,
    task_id: delivery.task,
    type: delivery.type,
    state: delivery.state,
    url: submission?.data.webhook_url ?? null,
    tries: delivery.tries,
    created_at: timestamp(delivery.createdAtMs),
    next_at: timestamp(delivery.nextAtMs),
    last_try_at: timestamp(delivery.lastTryAtMs),
    last_try: delivery.lastTry,
  };
}

function timestamp(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
