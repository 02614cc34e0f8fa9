/**
 * The closed lists of Pawl's vocabulary: what a task can be, what it can wait for, why it ended.
 * Every other room takes its words from here, so that a status that does not exist cannot be written.
 */
import { z } from "zod";

export const TaskStatus = z
  .enum(["queued", "running", "waiting", "completed", "stopped", "failed", "cancelled"])
  .meta({ id: "TaskStatus", description: "The last four are terminal." });
export type TaskStatus = z.infer<typeof TaskStatus>;

export const TerminalStatus = TaskStatus.extract(["completed", "stopped", "failed", "cancelled"]);
export type TerminalStatus = z.infer<typeof TerminalStatus>;

export const WaitingFor = z
  .enum(["retry", "approval", "reply", "children", "timer", "capacity", "budget", "session"])
  .meta({ id: "WaitingFor", description: "What a waiting task waits for." });
export type WaitingFor = z.infer<typeof WaitingFor>;

/** Why a task ended, the status that this gives it, and whether `resume` may take it up again. */
const stopReasons = {
  end_turn: { status: "completed", resume: "never" },
  budget_reached: { status: "stopped", resume: "raised" },
  max_turns: { status: "stopped", resume: "raised" },
  max_tool_calls: { status: "stopped", resume: "raised" },
  max_tokens: { status: "stopped", resume: "raised" },
  deadline: { status: "stopped", resume: "raised" },
  loop_detected: { status: "stopped", resume: "always" },
  output_invalid: { status: "stopped", resume: "always" },
  escalated: { status: "stopped", resume: "always" },
  interrupted: { status: "stopped", resume: "always" },
  guardrail_blocked: { status: "stopped", resume: "never" },
  refusal: { status: "stopped", resume: "never" },
  context_exceeded: { status: "stopped", resume: "never" },
  approval_denied: { status: "stopped", resume: "never" },
  approval_expired: { status: "stopped", resume: "never" },
  retries_exhausted: { status: "failed", resume: "always" },
  permanent_error: { status: "failed", resume: "always" },
  poisoned: { status: "failed", resume: "always" },
  cancelled: { status: "cancelled", resume: "never" },
} as const satisfies Record<string, { status: TerminalStatus; resume: "always" | "raised" | "never" }>;

export type StopReason = keyof typeof stopReasons;
export const StopReason = z
  .enum(Object.keys(stopReasons) as [StopReason, ...StopReason[]])
  .meta({ id: "StopReason", description: "Why a task ended." });

/** The stop reasons that go with one terminal status, so that an event cannot carry a wrong pair. */
export type StopReasonOf<S extends TerminalStatus> = {
  [R in StopReason]: (typeof stopReasons)[R]["status"] extends S ? R : never;
}[StopReason];

export function stopReasonsOf<S extends TerminalStatus>(status: S): [StopReasonOf<S>, ...StopReasonOf<S>[]] {
  const reasons = StopReason.options.filter((reason) => stopReasons[reason].status === status);
  return reasons as [StopReasonOf<S>, ...StopReasonOf<S>[]];
}

/** "raised": only after the limit that stopped the task was raised. */
export function resumeRule(reason: StopReason): "always" | "raised" | "never" {
  return stopReasons[reason].resume;
}

export function isTerminal(status: TaskStatus): status is TerminalStatus {
  return TerminalStatus.safeParse(status).success;
}

/**
 * `timeout_ms` stands still while a task waits for somebody else's decision or for a time it was given;
 * it runs on while the task waits for what Pawl itself must find: a retry, capacity, money.
 */
export function deadlineStandsStill(waitingFor: WaitingFor): boolean {
  return waitingFor !== "retry" && waitingFor !== "capacity" && waitingFor !== "budget";
}
