/** POST /v1/tasks/{id}/resume: whether a task may go on, and under which limits, is decided here; the script acts. */
import {
  type Limits,
  newId,
  ResumeRequest,
  resumeRule,
  type StopReason,
  type TaskState,
  taskView,
  withBudget,
} from "@pawl/protocol";
import { type OwedLeg, type ResumeOutcome, readTask, resumeTask } from "@pawl/store";
import type { RequestHandler } from "express";
import type { ApiDeps } from "./api-deps.ts";
import { callerOf } from "./auth.ts";
import { spentScope } from "./budget-terms.ts";
import { enqueueOwedLegs } from "./enqueue-owed.ts";
import { idempotencyKey } from "./idempotency.ts";
import { parseBody, refuseQuery } from "./parse-request.ts";
import { HttpProblem, notFound } from "./problem.ts";
import { readOptionalJsonBody } from "./read-body.ts";
import { taskIdOf } from "./task-id.ts";

/** The journal of a task that has ended moves only by a rival resume: few tries are plenty. */
const MOST_TRIES = 5;
/** No journal has this length: with it the script only says whether the request was carried out before. */
const NO_SEQ = -1;

export function resumeTaskRoute(deps: ApiDeps): RequestHandler {
  return async (request, response) => {
    const { tenant } = callerOf(request);
    const task = taskIdOf(request);
    refuseQuery(request);
    const key = idempotencyKey(request);
    const body = await readOptionalJsonBody(request, deps.maxBodyBytes);
    const { budget } = body === undefined ? {} : parseBody(ResumeRequest, body);
    const requestId = key === undefined ? newId("req", deps.nowMs()) : `resume:${key}`;
    const command = { tenant, task, requestId, budget };

    if (
      key !== undefined &&
      (await resumeTask(deps.store, { ...command, seq: NO_SEQ, timeoutMs: 1 })).kind === "resumed"
    ) {
      response.set("idempotency-replayed", "true");
    } else {
      const legs = await decideAndResume(deps, command);
      deps.log.info("task resumed", { tenant, task });
      await enqueueOwedLegs(deps, legs);
    }
    const state = await readTask(deps.store, tenant, task);
    if (state === undefined) throw notFound();
    response.status(202).location(`/v1/tasks/${task}`).json(taskView(task, state));
  };
}

type Command = { tenant: string; task: string; requestId: string; budget: ResumeRequest["budget"] };

async function decideAndResume(deps: ApiDeps, command: Command): Promise<OwedLeg[]> {
  const { store } = deps;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const state = await readTask(store, command.tenant, command.task);
    if (state === undefined) throw notFound();
    if ((state.status !== "stopped" && state.status !== "failed") || state.stopReason === null) {
      throw new HttpProblem("conflict", `A task that is ${state.status} cannot be resumed.`);
    }
    const limits = withBudget(state.limits, command.budget);
    // A budget that it shares is not raised by its own: what counts is whether that one can pay again.
    const shared = state.stopReason === "budget_reached" && state.reached?.scope === "account";
    const refusal = shared
      ? await whyNotPaid(deps, command.tenant, state)
      : whyNotResume(state.stopReason, state.limits, limits);
    if (refusal !== undefined) throw new HttpProblem("conflict", refusal);
    const outcome: ResumeOutcome = await resumeTask(store, {
      ...command,
      seq: state.seq,
      timeoutMs: limits.timeout_ms,
    });
    if (outcome.kind === "resumed") return outcome.legs;
    if (outcome.kind === "unknown") throw notFound();
    if (outcome.kind === "refused") {
      throw new HttpProblem("conflict", `A task that is ${outcome.status} cannot be resumed.`);
    }
  }
  throw new HttpProblem("conflict", "The task changes too often to be resumed; try again.");
}

/** The limit behind each stop reason that asks for it to be raised. */
const limitOf: Partial<Record<StopReason, { member: keyof Limits; name: string }>> = {
  budget_reached: { member: "max_cost_nano_usd", name: "max_cost_usd" },
  max_tokens: { member: "max_tokens", name: "max_tokens" },
  max_turns: { member: "max_turns", name: "max_turns" },
  max_tool_calls: { member: "max_tool_calls", name: "max_tool_calls" },
  deadline: { member: "timeout_ms", name: "timeout_ms" },
};

async function whyNotPaid(
  deps: ApiDeps,
  tenant: string,
  { submitted }: TaskState,
): Promise<string | undefined> {
  const scope = await spentScope(deps, tenant, submitted);
  if (scope === undefined) return undefined;
  return `The task was stopped by the budget of its ${scope}, which is still spent: raise that one, or wait for its window to end.`;
}

export function whyNotResume(reason: StopReason, before: Limits, after: Limits): string | undefined {
  const rule = resumeRule(reason);
  if (rule === "always") return undefined;
  const limit = limitOf[reason];
  if (rule === "never" || limit === undefined) return `A task that ended with ${reason} cannot be resumed.`;
  if (after[limit.member] > before[limit.member]) return undefined;
  return `The task was stopped by ${reason}: resume it with a budget.${limit.name} above the present one.`;
}
