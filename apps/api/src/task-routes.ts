/** The routes of tasks: read one, list them, cancel one; submit, resume and events have files of their own. */
import { Label, newId, StopReason, TaskId, TaskStatus, taskView } from "@pawl/protocol";
import { cancelTask, listTasks, readTask } from "@pawl/store";
import type { RequestHandler, Router } from "express";
import { z } from "zod";
import type { ApiDeps } from "./api-deps.ts";
import { callerOf } from "./auth.ts";
import { Cursor, readCursor, writeCursor } from "./cursor.ts";
import { enqueueOwedDelivery, enqueueOwedLegs } from "./enqueue-owed.ts";
import { eventsRoute } from "./event-routes.ts";
import { pageLimit } from "./page-limit.ts";
import { parseBody, parseQuery, refuseQuery } from "./parse-request.ts";
import { HttpProblem, notFound } from "./problem.ts";
import { readOptionalJsonBody } from "./read-body.ts";
import { resumeTaskRoute } from "./resume-task.ts";
import { serve } from "./routing.ts";
import { submitTaskRoute } from "./submit-task.ts";
import { taskIdOf } from "./task-id.ts";

export function taskRoutes(router: Router, deps: ApiDeps): void {
  serve(router, "/tasks", { get: listTasksRoute(deps), post: submitTaskRoute(deps) });
  serve(router, "/tasks/:id", { get: getTaskRoute(deps) });
  serve(router, "/tasks/:id/events", { get: eventsRoute(deps) });
  serve(router, "/tasks/:id/cancel", { post: cancelTaskRoute(deps) });
  serve(router, "/tasks/:id/resume", { post: resumeTaskRoute(deps) });
}

const NoBody = z.strictObject({});

function getTaskRoute({ store }: ApiDeps): RequestHandler {
  return async (request, response) => {
    const task = taskIdOf(request);
    refuseQuery(request);
    const state = await readTask(store, callerOf(request).tenant, task);
    if (state === undefined) throw notFound();
    response.json(taskView(task, state));
  };
}

export const TaskListQuery = z.strictObject({
  status: TaskStatus.optional(),
  stop_reason: StopReason.optional(),
  user: Label.optional(),
  feature: Label.optional(),
  agent: Label.optional(),
  session_id: Label.optional(),
  limit: pageLimit({ usual: 20, most: 100 }),
  cursor: Cursor.optional(),
});

function listTasksRoute({ store }: ApiDeps): RequestHandler {
  return async (request, response) => {
    const { limit, cursor, ...filters } = parseQuery(TaskListQuery, request);
    const from = readCursor(cursor, (last) => TaskId.safeParse(last).success);
    const { tenant } = callerOf(request);
    const { tasks, nextCursor } = await listTasks(store, { tenant, filters, limit, cursor: from });
    response.json({
      data: tasks.map(({ id, state }) => taskView(id, state)),
      next_cursor: writeCursor(nextCursor),
    });
  };
}

/** Idempotent by nature: who asks for what has happened already gets 200 as well. */
function cancelTaskRoute(deps: ApiDeps): RequestHandler {
  const { store } = deps;
  return async (request, response) => {
    const { tenant } = callerOf(request);
    const task = taskIdOf(request);
    refuseQuery(request);
    const body = await readOptionalJsonBody(request, deps.maxBodyBytes);
    if (body !== undefined) parseBody(NoBody, body);
    const deliveryId = newId("dlv", deps.nowMs());
    const outcome = await cancelTask(store, { tenant, task, deliveryId });
    if (outcome.kind === "unknown") throw notFound();
    if (outcome.kind === "refused" && outcome.status !== "cancelled") {
      throw new HttpProblem("conflict", `The task is ${outcome.status} already.`);
    }
    if (outcome.kind === "done") {
      deps.log.info("task cancelled", { tenant, task });
      // Its holds are free now, and others may have waited for that money.
      await Promise.all([enqueueOwedLegs(deps, outcome.legs), enqueueOwedDelivery(deps, tenant, deliveryId)]);
    }
    const state = await readTask(store, tenant, task);
    if (state === undefined) throw notFound();
    response.json(taskView(task, state));
  };
}
