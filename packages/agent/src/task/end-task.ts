/** The ways in which a task ends here: by its own move, by an error, for want of tries, or broken off from outside. */
import type { TaskError } from "@pawl/protocol";
import { type Move, stoppedBy } from "./after-reply.ts";
import type { Interruption } from "./interruption.ts";
import { type Outcome, type Run, record, remember, type TaskRunOutcome } from "./run.ts";

export type End = Move & { kind: "end" };

export async function end(run: Run, move: End): Promise<Outcome> {
  for (const event of move.events) remember(run, event);
  const recorded = await record(run, { where: { to: move.status, stopReason: move.stopReason } });
  return recorded.kind === "lost" ? "lost" : "ended";
}

/** Another try would end the same way. */
export function fail(run: Run, error: TaskError): Promise<Outcome> {
  return end(run, failure("permanent_error", error));
}

/** Consecutive tries without a recorded step, a crash counted as one. */
export function triesExhausted(run: Run): End | undefined {
  const { failedTries, lastFailure, submitted } = run.state;
  if (failedTries < submitted.max_attempts) return undefined;
  const cause = lastFailure ?? { code: "internal_error", message: "unknown" };
  const message = `Given up after ${failedTries} tries without progress. The last failure: ${cause.message}`;
  return failure("retries_exhausted", { code: cause.code, message });
}

function failure(stopReason: "permanent_error" | "retries_exhausted", error: TaskError): End {
  return {
    kind: "end",
    status: "failed",
    stopReason,
    events: [{ type: "task.failed", data: { stop_reason: stopReason, error } }],
  };
}

export async function giveUp(run: Run, interruption: Interruption): Promise<TaskRunOutcome> {
  if (interruption.kind === "lost") return "lost";
  if (interruption.kind === "deadline") {
    const outcome = await end(run, stoppedBy("deadline"));
    return outcome === "continue" ? "ended" : outcome;
  }
  remember(run, { type: "task.handed_back", data: { because: "shutdown" } });
  const recorded = await record(run, { where: { to: "queued" } });
  return recorded.kind === "lost" ? "lost" : "handed_back";
}
