/** Tasks in the document: submit, read, list, follow, cancel, resume. */
import { EventView, pageOf, ResumeRequest, Task, TaskId, TaskRequest } from "@pawl/protocol";
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { EventListQuery, EventStreamQuery } from "../event-routes.ts";
import { TaskListQuery } from "../task-routes.ts";
import { json, location, operation } from "./operation.ts";

const path = z.object({ id: TaskId });

const idempotencyKey = z.string().min(1).max(255).optional().meta({
  description:
    "Makes repeating the request safe for 24 hours: the same body gets the first answer, another one is refused.",
});

const replayed = {
  "idempotency-replayed": z
    .string()
    .optional()
    .meta({ description: "`true`: this is the first answer again." }),
};

export const TaskPage = pageOf(Task).meta({ id: "TaskPage" });
export const EventPage = pageOf(EventView).meta({ id: "EventPage" });

export const taskPaths: ZodOpenApiPathsObject = {
  "/v1/tasks": {
    post: operation({
      id: "submitTask",
      tag: "Tasks",
      summary: "Submit a task",
      description:
        "The task is kept before it is answered: from then on it is performed, whatever dies. With `Prefer: wait=N` " +
        "the answer waits for its end, for N seconds at most.",
      header: z.object({
        "Idempotency-Key": idempotencyKey,
        Prefer: z
          .string()
          .optional()
          .meta({ description: "`wait=N`: up to N seconds, 60 at most.", example: "wait=30" }),
      }),
      body: TaskRequest,
      answers: {
        200: json("The task has ended within the wait.", Task, {
          ...location,
          ...replayed,
          "preference-applied": z.string().optional(),
        }),
        202: json("The task is submitted.", Task, {
          ...location,
          ...replayed,
          "preference-applied": z.string().optional(),
        }),
      },
      problems: ["request_in_progress", "idempotency_mismatch", "budget_exhausted"],
    }),
    get: operation({
      id: "listTasks",
      tag: "Tasks",
      summary: "List tasks, the newest first",
      query: TaskListQuery,
      answers: { 200: json("One page.", TaskPage) },
    }),
  },
  "/v1/tasks/{id}": {
    get: operation({
      id: "getTask",
      tag: "Tasks",
      summary: "Read a task",
      path,
      answers: { 200: json("The task as it stands.", Task) },
      problems: ["not_found"],
    }),
  },
  "/v1/tasks/{id}/events": {
    get: operation({
      id: "listTaskEvents",
      tag: "Tasks",
      summary: "Read or follow a task's journal",
      description:
        "As a JSON list, or live with `Accept: text/event-stream`: each event's `id` is its `seq`, text as it is being " +
        "written comes as events named `text` without an id, and the stream ends after a terminal event. " +
        "`Last-Event-ID` takes a broken stream up where it was.",
      path,
      query: EventListQuery.extend(EventStreamQuery.shape),
      header: z.object({
        "Last-Event-ID": z
          .string()
          .optional()
          .meta({ description: "The `seq` of the last event seen; of a stream." }),
      }),
      answers: {
        200: {
          description: "Events, in order.",
          content: {
            "application/json": EventPage,
            "text/event-stream": z.string().meta({
              description: "Server-sent events.",
              example: "id: 4\nevent: task.completed\ndata: {}\n\n",
            }),
          },
        },
      },
      problems: ["not_found"],
    }),
  },
  "/v1/tasks/{id}/cancel": {
    post: operation({
      id: "cancelTask",
      tag: "Tasks",
      summary: "Cancel a task",
      description:
        "At once: its model call is broken off and nothing more is recorded. Repeating it is harmless.",
      path,
      body: z.strictObject({}),
      isBodyOptional: true,
      answers: { 200: json("The task is cancelled.", Task) },
      problems: ["not_found", "conflict"],
    }),
  },
  "/v1/tasks/{id}/resume": {
    post: operation({
      id: "resumeTask",
      tag: "Tasks",
      summary: "Take a stopped or failed task up again",
      description: "It goes on from its journal. Where a limit had stopped it, that limit must be raised.",
      path,
      header: z.object({ "Idempotency-Key": idempotencyKey }),
      body: ResumeRequest,
      isBodyOptional: true,
      answers: { 202: json("The task is queued again.", Task, { ...location, ...replayed }) },
      problems: ["not_found", "conflict"],
    }),
  },
};
