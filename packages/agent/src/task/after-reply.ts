/**
 * Where a task stands after a reply of the model: it has ended, calls are to be answered, or the model is to be
 * asked again. Decided from the conversation alone, so that a worker that takes a task up in the middle decides
 * as the one before it would have.
 */
import type { NewEvent, StopReason, TerminalStatus } from "@pawl/protocol";
import { type Conversation, unansweredCalls } from "./conversation.ts";
import { type LimitReason, limitMessages } from "./plan-turn.ts";

export type Move =
  | { kind: "ask" }
  | { kind: "answer-calls" }
  | { kind: "end"; status: TerminalStatus; stopReason: StopReason; events: NewEvent[] };

export function nextMove(conversation: Conversation): Move {
  const { lastReply } = conversation;
  if (lastReply === null)
    return unansweredCalls(conversation).length > 0 ? { kind: "answer-calls" } : { kind: "ask" };
  if (lastReply.stopReason === "refusal")
    return stopped("refusal", "The model declined to go on with this task.");
  if (lastReply.stopReason === "model_context_window_exceeded")
    return stopped("context_exceeded", "The conversation no longer fits into the model's context window.");
  if (lastReply.refused !== undefined) return stopped(lastReply.refused, REFUSED);
  const { lastBecause, lastScope: scope } = lastReply;
  if (lastBecause !== undefined) return stoppedBy(lastBecause as LimitReason, scope);
  if (unansweredCalls(conversation).length > 0) return { kind: "answer-calls" };
  if (lastReply.unfinished) return { kind: "ask" };
  return {
    kind: "end",
    status: "completed",
    stopReason: "end_turn",
    events: [{ type: "task.completed", data: { stop_reason: "end_turn" } }],
  };
}

/** A limit ended it: said twice, once as a fact about the limit and once as the task's end. */
export function stoppedBy(limit: LimitReason, scope?: LimitScope): Move & { kind: "end" } {
  const end = stopped(limit, limitMessages[limit]);
  // Of a loop it is said already, with what it rests on.
  if (limit === "loop_detected") return end;
  return { ...end, events: [limitReached(limit, scope), ...end.events] };
}

const REFUSED = "The answer did not pass the rules set for this assistant, so it was withheld.";

/** Whose limit it is: the task's own, or that of an account it shares with others. */
export type LimitScope = "task" | "account";

export function limitReached(limit: LimitReason, scope?: LimitScope): NewEvent {
  const message = limitMessages[limit];
  return { type: "limit.reached", data: { limit, ...(scope === undefined ? {} : { scope }), message } };
}

function stopped(
  stopReason: "refusal" | "context_exceeded" | "guardrail_blocked" | "output_invalid" | LimitReason,
  message: string,
): Move & { kind: "end" } {
  const events: NewEvent[] = [{ type: "task.stopped", data: { stop_reason: stopReason, message } }];
  return { kind: "end", status: "stopped", stopReason, events };
}
