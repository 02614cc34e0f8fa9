/** The ways in which a task ends here: by its own move, by an error, for want of tries, or broken off from outside. */
import type { EventData, NewEvent, TaskError } from "@pawl/protocol";
import { type LimitScope, type Move, stoppedBy } from "./after-reply.ts";
import { keepAnswer } from "./answer-cache.ts";
import { fallbackAnswerOf } from "./fallback-answer.ts";
import type { Interruption } from "./interruption.ts";
import { EMPTY_HANDED, type LimitReason, limitMessages } from "./plan-turn.ts";
import { type Outcome, type Run, record, remember, type TaskRunOutcome } from "./run.ts";

export type End = Move & { kind: "end" };

export async function end(run: Run, move: End): Promise<Outcome> {
  for (const event of move.events) remember(run, withAnswer(run, event));
  const recorded = await record(run, { where: { to: move.status, stopReason: move.stopReason } });
  if (recorded.kind === "lost") return "lost";
  keepAnswer(run);
  return "ended";
}

/** A limit ends it. */
export function stopAt(run: Run, limit: LimitReason, scope?: LimitScope): Promise<Outcome> {
  return end(run, stoppedBy(limit, scope));
}

/**
 * Nobody goes away empty-handed for a limit: where the agent has said nothing, be it that its last turn was no words,
 * its static answer is given.
 */
function withAnswer({ state }: Run, event: NewEvent): NewEvent {
  if (event.type !== "task.stopped" || !(event.data.stop_reason in limitMessages)) return event;
  if (state.text !== null) return event;
  const { definition, input } = state.submitted;
  return {
    ...event,
    data: { ...event.data, answer: fallbackAnswerOf(definition, input.text) ?? EMPTY_HANDED },
  };
}

/** Another try would end the same way. */
export function fail(run: Run, error: TaskError): Promise<Outcome> {
  return end(run, failure("permanent_error", error));
}

/** Crashes without a step between them after which a task is performed alone, and those there that condemn it. */
const SUSPECT_AFTER = 2;
const POISONED_AFTER = 2;

/** A task that takes its workers down with it must not do so for ever, nor may its neighbours be blamed. */
export function isSuspect({ state }: Run): boolean {
  return state.crashes.length >= SUSPECT_AFTER && !state.quarantined;
}

export function poisoned({ state }: Run): End | undefined {
  if (state.quarantineCrashes < POISONED_AFTER) return undefined;
  const starts = state.crashes.join(", ");
  const message =
    `Its worker died ${state.crashes.length} times without a recorded step between, ${state.quarantineCrashes} times ` +
    `with no other task beside it (task.started at ${starts}).`;
  return failure("poisoned", { code: "crashed", message });
}

/** Consecutive tries without a recorded step, a crash counted as one. */
export function triesExhausted(run: Run): End | undefined {
  const { failedTries, lastFailure, submitted } = run.state;
  if (failedTries < submitted.max_attempts) return undefined;
  const cause = lastFailure ?? { code: "internal_error", message: "unknown" };
  const message = `Given up after ${failedTries} tries without progress. The last failure: ${cause.message}`;
  return failure("retries_exhausted", { code: cause.code, message });
}

/** Tries and time are used up; a person may let it go on. */
export function exhausted(error: TaskError): End {
  return failure("retries_exhausted", error);
}

function failure(stopReason: "permanent_error" | "retries_exhausted" | "poisoned", error: TaskError): End {
  return {
    kind: "end",
    status: "failed",
    stopReason,
    events: [{ type: "task.failed", data: { stop_reason: stopReason, error } }],
  };
}

export async function giveUp(run: Run, interruption: Interruption): Promise<TaskRunOutcome> {
  if (interruption.kind === "lost") {
    // Whether it is lost is for the fence to say: what is known is offered to it.
    if (run.facts.length > 0) await record(run, { where: { to: "running" } });
    return "lost";
  }
  if (interruption.kind === "deadline") {
    const outcome = await stopAt(run, "deadline");
    return outcome === "continue" ? "ended" : outcome;
  }
  return handBack(run, interruption.kind);
}

/** The task goes on elsewhere, or here again, and no attempt is counted. Refused where somebody else has it. */
export async function handBack(
  run: Run,
  because: EventData<"task.handed_back">["because"],
): Promise<TaskRunOutcome> {
  remember(run, { type: "task.handed_back", data: { because } });
  const where =
    because === "suspect" ? ({ to: "queued", lane: "quarantine" } as const) : ({ to: "queued" } as const);
  const recorded = await record(run, { where });
  return recorded.kind === "lost" ? "lost" : "handed_back";
}
