/**
 * POST /v1/tasks. A refused request leaves nothing behind, its Idempotency-Key included; an accepted one is in
 * the journal before its 202 is sent, and a repeated one gets the first answer.
 */
import {
  foldTask,
  isTerminal,
  newId,
  TaskRequest,
  type TaskState,
  taskFromSubmission,
  taskView,
} from "@pawl/protocol";
import { keepAnswer, readJournal, submitTask } from "@pawl/store";
import type { RequestHandler, Response } from "express";
import { z } from "zod";
import type { ApiDeps } from "./api-deps.ts";
import { callerOf } from "./auth.ts";
import { budgetSpent, submissionTerms } from "./budget-terms.ts";
import { untilGone } from "./caller-gone.ts";
import { enqueueOwedLegs } from "./enqueue-owed.ts";
import { digestOfBody, idempotencyKey } from "./idempotency.ts";
import { parseBody, refuseQuery } from "./parse-request.ts";
import { planTask } from "./plan-task.ts";
import { HttpProblem, notFound } from "./problem.ts";
import { readJsonBody } from "./read-body.ts";
import { isStoreAway } from "./store-away.ts";
import { preferredWaitS, waitForTask } from "./wait-for-task.ts";

/** As it is kept for a repeated request. */
const Answer = z.object({ status: z.int(), body: z.unknown(), location: z.string() });
type Answer = z.infer<typeof Answer>;

/** After its wait a request still has its answer to write. */
const BUSY_MARGIN_MS = 5_000;

export function submitTaskRoute(deps: ApiDeps): RequestHandler {
  const { store } = deps;
  return async (request, response) => {
    const { tenant } = callerOf(request);
    refuseQuery(request);
    const key = idempotencyKey(request);
    const waitS = preferredWaitS(request);
    const body = await readJsonBody(request, deps.maxBodyBytes);
    const data = planTask(deps, tenant, parseBody(TaskRequest, body));

    const task = newId("task", deps.nowMs());
    const recordKey = key === undefined ? undefined : `POST /v1/tasks:${key}`;
    const idempotency =
      recordKey === undefined
        ? {}
        : {
            idempotency: {
              key: recordKey,
              digest: digestOfBody(body),
              busyMs: waitS === undefined || waitS === 0 ? 0 : waitS * 1000 + BUSY_MARGIN_MS,
            },
          };
    const outcome = await submitTask(store, {
      tenant,
      task,
      data,
      ...submissionTerms(deps, tenant, data),
      ...idempotency,
      ...(data.webhook_url === null ? {} : { deliveryId: newId("dlv", deps.nowMs()) }),
    });
    switch (outcome.kind) {
      case "submitted":
        break;
      case "replayed":
        response.set("idempotency-replayed", "true");
        return send(response, await firstAnswer(deps, tenant, outcome.task, outcome.answer));
      case "busy":
        throw new HttpProblem("request_in_progress", "The first request with this key is not answered yet.", {
          headers: { "retry-after": "1" },
        });
      case "mismatch":
        throw new HttpProblem("idempotency_mismatch", "Use a new Idempotency-Key for another body.");
      case "spent":
        throw budgetSpent(deps, outcome);
    }
    deps.log.info("task submitted", { tenant, task, agent: data.agent });
    await enqueueOwedLegs(deps, outcome.legs);

    // From here on the task exists, and an outage is no reason to tell its caller otherwise.
    const state = await submittedState(deps, tenant, task).catch((error: unknown) => {
      if (!isStoreAway(error)) throw error;
      return taskFromSubmission({ seq: 1, at: deps.nowMs(), attempt: 0, type: "task.submitted", data });
    });
    if (waitS === undefined) return send(response, answerOf(task, state));
    await waitForTask(deps, { tenant, task, state, waitS, signal: untilGone(response, deps.closing) });
    const answer = answerOf(task, state);
    // Kept before it is sent: who repeats the request while the answer travels shall find it.
    if (recordKey !== undefined) {
      await keepAnswer(store, tenant, recordKey, JSON.stringify(answer)).catch((error: unknown) => {
        deps.log.warn("an answer was not kept", { tenant, task, error });
      });
    }
    response.set("preference-applied", `wait=${waitS}`);
    send(response, answer);
  };
}

/** Whoever did not wait was answered with the task as submitted, which its first event still tells. */
async function firstAnswer(
  deps: ApiDeps,
  tenant: string,
  task: string,
  kept: string | null,
): Promise<Answer> {
  if (kept !== null) return Answer.parse(JSON.parse(kept));
  return answerOf(task, await submittedState(deps, tenant, task));
}

/** As it was when it was accepted: in the queue, or waiting for a budget that was spent by then. */
async function submittedState({ store }: ApiDeps, tenant: string, task: string): Promise<TaskState> {
  const [submitted, next] = await readJournal(store, tenant, task, 0, 2);
  if (submitted?.type !== "task.submitted") throw notFound("The task of this request is no longer kept.");
  const waits = next?.type === "task.waiting" && next.data.for === "budget" && next.attempt === 0;
  return foldTask(waits ? [submitted, next] : [submitted]);
}

function answerOf(task: string, state: TaskState): Answer {
  const status = isTerminal(state.status) ? 200 : 202;
  return { status, body: taskView(task, state), location: `/v1/tasks/${task}` };
}

function send(response: Response, { status, body, location }: Answer): void {
  response.status(status).location(location).json(body);
}
