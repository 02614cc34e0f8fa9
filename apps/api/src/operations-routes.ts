/**
 * What people who run agents look at. Agents and the overview are for every key; queues and workers serve all tenants
 * at once, so what they say is the operator's alone.
 */
import { agentDefinition, agentVersion } from "@pawl/agent";
import {
  type AgentView,
  budgetOnTheWire,
  type Overview,
  type QueueView,
  type WorkerView,
} from "@pawl/protocol";
import { countTasks, listWorkers, readQueues } from "@pawl/store";
import type { Request, RequestHandler, Router } from "express";
import type { ApiDeps } from "./api-deps.ts";
import { callerOf, isOperator } from "./auth.ts";
import { refuseQuery } from "./parse-request.ts";
import { HttpProblem } from "./problem.ts";
import { serve } from "./routing.ts";

export function operationsRoutes(router: Router, deps: ApiDeps): void {
  serve(router, "/agents", { get: agentsRoute(deps) });
  serve(router, "/overview", { get: overviewRoute(deps) });
  serve(router, "/queues", { get: queuesRoute(deps) });
  serve(router, "/workers", { get: workersRoute(deps) });
}

/** As long as a configuration is: never more than one page. */
function agentsRoute({ config }: ApiDeps): RequestHandler {
  const data: AgentView[] = Object.keys(config.agents)
    .sort()
    .flatMap((name) => {
      const definition = agentDefinition(config, name);
      if (definition === undefined) return [];
      const { model, fallback = null, tools, limits } = definition;
      return [
        {
          name,
          model,
          fallback,
          tools: tools.map(({ name, description, effect }) => ({ name, description, effect })),
          budget: budgetOnTheWire(limits),
          agent_version: agentVersion(definition),
        },
      ];
    });
  return (request, response) => {
    refuseQuery(request);
    response.json({ data, next_cursor: null });
  };
}

function overviewRoute({ store }: ApiDeps): RequestHandler {
  return async (request, response) => {
    refuseQuery(request);
    const overview: Overview = { tasks: await countTasks(store, callerOf(request).tenant) };
    response.json(overview);
  };
}

function requireOperator(request: Request): void {
  if (isOperator(callerOf(request))) return;
  throw new HttpProblem("forbidden", "What serves all tenants is shown to the operator's admin key only.");
}

function queuesRoute({ store, nowMs }: ApiDeps): RequestHandler {
  return async (request, response) => {
    requireOperator(request);
    refuseQuery(request);
    const data: QueueView[] = (await readQueues(store, nowMs())).map((queue) => ({
      name: queue.name,
      waiting: queue.waiting,
      active: queue.active,
      delayed: queue.delayed,
      failed: queue.failed,
      oldest_waiting_ms: queue.oldestWaitingMs,
      completed_per_minute: queue.completedPerMinute,
    }));
    response.json({ data, next_cursor: null });
  };
}

function workersRoute({ store }: ApiDeps): RequestHandler {
  return async (request, response) => {
    requireOperator(request);
    refuseQuery(request);
    const data: WorkerView[] = (await listWorkers(store)).map((worker) => ({
      id: worker.id,
      host: worker.host,
      since: new Date(worker.sinceMs).toISOString(),
      seen_at: new Date(worker.seenMs).toISOString(),
      running: worker.running,
      concurrency: worker.concurrency,
      lanes: [...worker.queues],
    }));
    response.json({ data, next_cursor: null });
  };
}
