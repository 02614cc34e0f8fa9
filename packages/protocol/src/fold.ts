/**
 * A task's state is a fold over its journal: this function is the only place that says what an event does to
 * a task, with fold-costs.ts for its bill and fold-guards.ts for what its guards say. Polling, streaming, limits,
 * cost and resume all read what it returns. The head that the scripts keep in Redis must agree with it after every
 * story; a test holds them together.
 */
import { withBudget } from "./budget.ts";
import type { Event, EventData } from "./event.ts";
import {
  addUsage,
  chargeOpenHolds,
  closeFailedCall,
  closeToolHold,
  confirmUsage,
  countToolCall,
} from "./fold-costs.ts";
import { applyFlag, applyJudgement, applyReferral, forgetReferrals, isJudgement } from "./fold-guards.ts";
import { splitSelfReport } from "./self-report.ts";
import { type TaskState, taskFromSubmission } from "./task-state.ts";
import type { TaskStatus } from "./words.ts";
import { deadlineStandsStill, isTerminal } from "./words.ts";

/** Folds a whole journal, which is never empty. */
export function foldTask(events: readonly Event[]): TaskState {
  const [first, ...rest] = events;
  if (first === undefined) throw new RangeError("a journal starts with task.submitted; this one is empty");
  const state = taskFromSubmission(first);
  for (const event of rest) applyEvent(state, event);
  return state;
}

const SHORTER_ANSWER = "Answers were kept short to stay within the budget.";

/** Changes `state` in place: the worker folds its own events as it goes, and copies would be quadratic. */
export function applyEvent(state: TaskState, event: Event): void {
  state.seq = event.seq;
  switch (event.type) {
    case "task.submitted":
      throw new RangeError(`task.submitted again at seq ${event.seq}`);
    case "task.started":
      if (state.status === "running") recordCrash(state);
      chargeOpenHolds(state);
      state.startSeq = event.seq;
      state.status = "running";
      state.attempts += 1;
      state.startedAtMs ??= event.at;
      state.modelProvider = event.data.model_provider;
      break;
    case "lease.lost":
      forgiveCrash(state, event.data.start_seq);
      break;
    case "model.requested":
      state.openHolds.set(event.data.call, event.data);
      state.usage.model_calls += 1;
      if (!isJudgement(event.data)) state.model = event.data.model;
      break;
    case "model.responded":
      closeAnsweredCall(state, event.data);
      break;
    case "model.failed":
      closeFailedCall(state, event.data);
      break;
    case "usage.confirmed":
      confirmUsage(state, event.data);
      break;
    case "model.downgraded":
      state.model = event.data.to;
      state.degraded ??= {
        reason: event.data.because === "overloaded" ? "fallback_model" : "cheaper_model",
        message: event.data.message,
      };
      break;
    case "tool.started":
      countToolCall(state, event.data.call);
      if (event.data.hold !== undefined) {
        state.openToolHolds.set(event.data.hold, event.data.held_nano_usd ?? 0);
        state.toolHoldOf.set(event.data.call, event.data.hold);
      }
      break;
    case "tool.completed":
    case "tool.failed":
      // A call that the limit refused does not count against it.
      if (event.type === "tool.completed" || event.data.error.code !== "limit_reached")
        countToolCall(state, event.data.call);
      closeToolHold(state, event.data);
      state.readOutside = true;
      recordStep(state);
      break;
    // They change what the model is shown, and nothing of what the task is.
    case "context.cleared":
    case "context.summarised":
      break;
    case "limit.warned":
      state.warned.add(event.data.limit);
      break;
    case "limit.reached":
      state.degraded = { reason: event.data.limit, message: event.data.message };
      state.reached = { limit: event.data.limit, scope: event.data.scope ?? "task" };
      break;
    case "guardrail.flagged":
      applyFlag(state, event.data);
      break;
    case "guardrail.referred":
      applyReferral(state, event.data);
      break;
    case "guardrail.judged":
      applyJudgement(state, event.data);
      break;
    case "loop.warned":
      if (event.data.verdict === "stop") state.reached = { limit: "loop_detected", scope: "task" };
      break;
    case "task.waiting":
      chargeOpenHolds(state);
      state.status = "waiting";
      state.waitingFor = event.data.for;
      if (event.data.for === "capacity") forgiveOutage(state);
      if (event.data.capacity === "unavailable") state.unavailableSinceMs ??= event.at;
      state.wakeAtMs =
        event.data.until ?? (event.data.after_ms === undefined ? null : event.at + event.data.after_ms);
      if (
        (deadlineStandsStill(event.data.for) || event.data.until !== undefined) &&
        state.deadlineAtMs !== null
      ) {
        state.leftMs = Math.max(0, state.deadlineAtMs - event.at);
        state.deadlineAtMs = null;
      }
      break;
    case "task.resumed":
      if (isTerminal(state.status)) reopen(state, event);
      // A leg that vanished may have taken its worker's open call with it.
      chargeOpenHolds(state);
      state.deadlineAtMs ??= event.at + state.leftMs;
      queueAgain(state);
      break;
    case "task.handed_back":
      chargeOpenHolds(state);
      state.attempts -= 1;
      queueAgain(state);
      state.quarantined = event.data.because === "suspect";
      break;
    case "task.completed":
    case "task.stopped":
    case "task.failed":
    case "task.cancelled":
      end(state, event);
      break;
    default:
      event satisfies never;
  }
}

/** The text blocks of one reply, or null where none of them has a word. */
export function textOf(content: readonly { type: string; [member: string]: unknown }[]): string | null {
  const texts = content.flatMap((block) =>
    block.type === "text" && typeof block.text === "string" && block.text.trim() !== "" ? [block.text] : [],
  );
  return texts.length === 0 ? null : texts.join("\n\n");
}

function closeAnsweredCall(state: TaskState, reply: EventData<"model.responded">): void {
  const request = state.openHolds.get(reply.call);
  state.openHolds.delete(reply.call);
  recordStep(state);
  addUsage(state, reply.usage);
  state.modelCostNanoUsd += reply.cost_nano_usd;
  if (reply.unconfirmed) state.unconfirmedNanoUsd += reply.cost_nano_usd;
  if (request !== undefined && isJudgement(request)) return;
  state.seenToolCalls.clear();
  state.turns += 1;
  const isSummary = request?.purpose === "summary";
  // A summary is written for the model; a user sees it only where there is nothing else.
  if (!(isSummary && state.text !== null)) hearText(state, reply.content);
  if (request?.trimmed && !isSummary && reply.stop_reason === "max_tokens")
    state.degraded ??= { reason: "shorter_answer", message: SHORTER_ANSWER };
}

function hearText(state: TaskState, content: EventData<"model.responded">["content"]): void {
  const text = textOf(content);
  if (text === null) return;
  if (!state.submitted.definition.self_report) {
    state.text = text;
    return;
  }
  const split = splitSelfReport(text);
  state.selfReport = split.report;
  if (split.text.trim() !== "") state.text = split.text;
}

function recordStep(state: TaskState): void {
  state.steps += 1;
  state.unavailableSinceMs = null;
  state.failedTries = 0;
  state.crashes = [];
  state.quarantineCrashes = 0;
}

/** A claim of a task that still runs means that the attempt before it was lost. */
function recordCrash(state: TaskState): void {
  state.failedTries += 1;
  state.lastFailure = { code: "crashed", message: "The worker was lost in the middle of the task." };
  state.crashes.push(state.startSeq);
  if (state.quarantined) state.quarantineCrashes += 1;
}

function forgiveCrash(state: TaskState, startSeq: number): void {
  if (!state.crashes.includes(startSeq)) return;
  state.crashes = state.crashes.filter((seq) => seq !== startSeq);
  state.failedTries = Math.max(0, state.failedTries - 1);
  if (state.quarantined) state.quarantineCrashes = Math.max(0, state.quarantineCrashes - 1);
}

/** The stay came to nothing for want of a provider: neither it nor the tries before it count against the task. */
function forgiveOutage(state: TaskState): void {
  state.attempts -= outageAttempts(state);
  state.failedTries = state.crashes.length;
}

/** The attempts that a task which now waits for capacity is given back: this one, and each that failed just before it. */
export function outageAttempts({ attempts, failedTries, crashes }: TaskState): number {
  return Math.min(attempts, 1 + failedTries - crashes.length);
}

function queueAgain(state: TaskState): void {
  state.status = "queued";
  state.waitingFor = null;
  state.wakeAtMs = null;
  state.leg += 1;
}

/** `resume` on a task that had ended: new limits where some were given, a new deadline, a clean slate of tries. */
function reopen(state: TaskState, event: Event & { type: "task.resumed" }): void {
  state.limits = withBudget(state.limits, event.data.budget);
  state.deadlineAtMs = event.at + state.limits.timeout_ms;
  state.stopReason = null;
  state.error = null;
  state.degraded = null;
  state.reached = null;
  state.model = state.submitted.model;
  state.finishedAtMs = null;
  state.failedTries = 0;
  state.unavailableSinceMs = null;
  state.crashes = [];
  state.quarantined = false;
  state.quarantineCrashes = 0;
  state.warned.clear();
  // The answer that was being judged is not the one that will be given.
  forgetReferrals(state, "output");
}

function end(
  state: TaskState,
  event: Event & { type: "task.completed" | "task.stopped" | "task.failed" | "task.cancelled" },
): void {
  chargeOpenHolds(state);
  state.status = event.type.slice("task.".length) as TaskStatus;
  state.waitingFor = null;
  state.wakeAtMs = null;
  state.deadlineAtMs = null;
  state.stopReason = event.data.stop_reason;
  state.finishedAtMs = event.at;
  if (event.type === "task.failed") state.error = event.data.error;
  if (event.type === "task.completed" && event.data.cached !== undefined) {
    state.text = event.data.cached.answer;
    state.degraded = { reason: "cached_answer", message: event.data.cached.message };
  }
  if (event.type === "task.stopped") {
    state.degraded = { reason: event.data.stop_reason, message: event.data.message };
    state.text ??= event.data.answer ?? null;
  }
}
