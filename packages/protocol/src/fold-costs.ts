/**
 * What an event does to a task's bill: what was paid, what is held for calls that are open, and what stands at its worst
 * case because nobody saw the answer.
 */
import type { EventData, TokenUsage } from "./event.ts";
import { isJudgement } from "./fold-guards.ts";
import type { TaskState } from "./task-state.ts";

/** What a task has spent: confirmed or not. */
export function spentNanoUsd(state: TaskState): number {
  return state.modelCostNanoUsd + state.toolCostNanoUsd;
}

/** All tokens that count against `max_tokens`: input however it was billed, output, and unknown outcomes. */
export function tokensUsed(state: TaskState): number {
  const { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } = state.usage;
  return input_tokens + output_tokens + cache_read_tokens + cache_write_tokens + state.unconfirmedTokens;
}

export function countToolCall(state: TaskState, call: string): void {
  if (state.seenToolCalls.has(call)) return;
  state.seenToolCalls.add(call);
  state.usage.tool_calls += 1;
}

export function addUsage(state: TaskState, usage: TokenUsage): void {
  state.usage.input_tokens += usage.input_tokens;
  state.usage.output_tokens += usage.output_tokens;
  state.usage.cache_read_tokens += usage.cache_read_tokens;
  state.usage.cache_write_tokens += usage.cache_write_tokens;
}

/** A call that nobody will answer any more costs its worst case until a late report says otherwise. */
export function chargeOpenHolds(state: TaskState): void {
  for (const [call, request] of state.openHolds) {
    state.modelCostNanoUsd += request.held_nano_usd;
    state.unconfirmedNanoUsd += request.held_nano_usd;
    state.unconfirmedTokens += worstCaseTokens(request);
    state.unconfirmedCalls.set(call, request);
  }
  state.openHolds.clear();
  for (const nanoUsd of state.openToolHolds.values()) {
    state.toolCostNanoUsd += nanoUsd;
    state.unconfirmedNanoUsd += nanoUsd;
  }
  state.openToolHolds.clear();
}

export function closeToolHold(
  state: TaskState,
  { call, cost_nano_usd = 0 }: EventData<"tool.completed" | "tool.failed">,
) {
  state.openToolHolds.delete(state.toolHoldOf.get(call) ?? "");
  state.toolHoldOf.delete(call);
  state.toolCostNanoUsd += cost_nano_usd;
}

export function closeFailedCall(state: TaskState, failure: EventData<"model.failed">): void {
  const request = state.openHolds.get(failure.call);
  state.openHolds.delete(failure.call);
  // What a judge fails of holds no task up.
  if (request === undefined || !isJudgement(request)) {
    if (failure.retryable && !failure.capacity) state.failedTries += 1;
    state.lastFailure = failure.error;
  }
  state.modelCostNanoUsd += failure.cost_nano_usd;
  if (!failure.unconfirmed) return;
  state.unconfirmedNanoUsd += failure.cost_nano_usd;
  if (request !== undefined) state.unconfirmedTokens += worstCaseTokens(request);
}

export function confirmUsage(state: TaskState, report: EventData<"usage.confirmed">): void {
  const request = state.unconfirmedCalls.get(report.call);
  if (request === undefined) return;
  state.unconfirmedCalls.delete(report.call);
  state.modelCostNanoUsd += report.cost_nano_usd - request.held_nano_usd;
  state.unconfirmedNanoUsd -= request.held_nano_usd;
  state.unconfirmedTokens -= worstCaseTokens(request);
  addUsage(state, report.usage);
}

function worstCaseTokens(request: EventData<"model.requested">): number {
  return request.input_tokens_bound + request.max_tokens;
}
