/**
 * A task's state is a fold over its journal: this function is the only place that says what an event does to
 * a task. Polling, streaming, limits, cost and resume all read what it returns. The head that the scripts keep
 * in Redis must agree with it after every story; a test holds them together.
 */
import type { Limits } from "./budget.ts";
import { withBudget } from "./budget.ts";
import type { Event, EventData, TaskError, TokenUsage } from "./event.ts";
import type { GuardFinding, Opinion } from "./guard-finding.ts";
import { type SelfReport, splitSelfReport } from "./self-report.ts";
import type { StopReason, TaskStatus, WaitingFor } from "./words.ts";
import { deadlineStandsStill, isTerminal } from "./words.ts";

export type TaskState = {
  submitted: EventData<"task.submitted">;
  /** The last event's number: the journal's length. */
  seq: number;
  status: TaskStatus;
  waitingFor: WaitingFor | null;
  stopReason: StopReason | null;
  error: TaskError | null;
  degraded: { reason: string; message: string } | null;
  /** The limit that makes its turns the last ones. */
  reached: { limit: StopReason; scope: "task" | "account" } | null;
  limits: Limits;
  createdAtMs: number;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  /** When `timeout_ms` is over; null while it stands still, with what is left of it in `leftMs`. */
  deadlineAtMs: number | null;
  leftMs: number;
  /** When an alarm wakes a waiting task; null where somebody else must. */
  wakeAtMs: number | null;
  leg: number;
  attempts: number;
  /** Consecutive tries that ended without a recorded step. */
  failedTries: number;
  /** What the newest of them failed of. */
  lastFailure: TaskError | null;
  /** The `task.started` of this attempt, by its number. */
  startSeq: number;
  /** Those of the attempts whose worker was lost without a recorded step since. */
  crashes: number[];
  /** It is performed alone, so that no neighbour is blamed for what it does; how often it crashed there. */
  quarantined: boolean;
  quarantineCrashes: number;
  turns: number;
  steps: number;
  usage: TokenUsage & { model_calls: number; tool_calls: number };
  modelCostNanoUsd: number;
  toolCostNanoUsd: number;
  /** The part of the cost that stands at a worst case, since the reply was never seen. */
  unconfirmedNanoUsd: number;
  /** Tokens that calls of unknown outcome may have used, at their worst case. */
  unconfirmedTokens: number;
  /** Model calls whose cost is held: asked for, not answered yet. */
  openHolds: Map<string, EventData<"model.requested">>;
  /** The same of tool calls: what is held, by hold, and the hold of each call. */
  openToolHolds: Map<string, number>;
  toolHoldOf: Map<string, string>;
  /** Worst cases charged by a crash or an ending, each of which a late usage report may lower once. */
  unconfirmedCalls: Map<string, EventData<"model.requested">>;
  /** Of the last reply: its calls that were counted. */
  seenToolCalls: Set<string>;
  /** Limits that were warned of, so that it happens once. */
  warned: Set<StopReason>;
  modelProvider: string | null;
  model: string;
  /** The task's own words and documents were looked at, and something was found. */
  inputGuarded: boolean;
  /** What the task's own words are refused for. */
  refused: GuardFinding | null;
  /** Texts that are before others and not yet judged by all of them, by subject. */
  referrals: Map<string, Referral>;
  /** Something from outside looked like instructions; anything from outside was read. */
  tainted: boolean;
  readOutside: boolean;
  /** How often the model was asked to write a blocked answer anew. */
  repairs: number;
  /** When it began to wait for a provider that is down, with no step since. */
  unavailableSinceMs: number | null;
  /** What the agent said of that text, where it is asked to. */
  selfReport: SelfReport | null;
  /** The newest text the agent wrote: what there is to show when it ends here. */
  text: string | null;
};

/** `asks`: those who have not judged yet, in order; `asked`: all of them. */
export type Referral = EventData<"guardrail.referred"> & {
  asked: EventData<"guardrail.referred">["asks"];
  opinion?: Opinion;
};

/** Folds a whole journal, which is never empty. */
export function foldTask(events: readonly Event[]): TaskState {
  const [first, ...rest] = events;
  if (first === undefined) throw new RangeError("a journal starts with task.submitted; this one is empty");
  const state = taskFromSubmission(first);
  for (const event of rest) applyEvent(state, event);
  return state;
}

export function taskFromSubmission(event: Event): TaskState {
  if (event.type !== "task.submitted")
    throw new RangeError(`a journal starts with task.submitted, not ${event.type}`);
  const { data, at } = event;
  const delayed = data.delay_ms !== null;
  return {
    submitted: data,
    seq: event.seq,
    status: delayed ? "waiting" : "queued",
    waitingFor: delayed ? "timer" : null,
    stopReason: null,
    error: null,
    degraded: null,
    reached: null,
    limits: data.limits,
    createdAtMs: at,
    startedAtMs: null,
    finishedAtMs: null,
    deadlineAtMs: delayed ? null : at + data.limits.timeout_ms,
    leftMs: data.limits.timeout_ms,
    wakeAtMs: data.delay_ms === null ? null : at + data.delay_ms,
    leg: delayed ? 0 : 1,
    attempts: 0,
    failedTries: 0,
    lastFailure: null,
    startSeq: 0,
    crashes: [],
    quarantined: false,
    quarantineCrashes: 0,
    turns: 0,
    steps: 0,
    usage: {
      input_tokens: 0,
      output_tokens: 0,
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      model_calls: 0,
      tool_calls: 0,
    },
    modelCostNanoUsd: 0,
    toolCostNanoUsd: 0,
    unconfirmedNanoUsd: 0,
    unconfirmedTokens: 0,
    openHolds: new Map(),
    openToolHolds: new Map(),
    toolHoldOf: new Map(),
    unconfirmedCalls: new Map(),
    seenToolCalls: new Set(),
    warned: new Set(),
    modelProvider: null,
    model: data.model,
    inputGuarded: false,
    refused: null,
    referrals: new Map(),
    tainted: false,
    readOutside: data.input.documents.length > 0,
    repairs: 0,
    unavailableSinceMs: null,
    selfReport: null,
    text: null,
  };
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
      state.referrals.set(event.data.subject, { ...event.data, asked: event.data.asks });
      if (isOfTheTask(event.data)) state.inputGuarded = true;
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

/** The text blocks of one reply, or null where it has none. */
export function textOf(content: readonly { type: string; [member: string]: unknown }[]): string | null {
  const texts = content.flatMap((block) =>
    block.type === "text" && typeof block.text === "string" && block.text !== "" ? [block.text] : [],
  );
  return texts.length === 0 ? null : texts.join("\n\n");
}

function applyFlag(state: TaskState, flag: EventData<"guardrail.flagged">): void {
  if (isOfTheTask(flag)) state.inputGuarded = true;
  switch (flag.direction) {
    case "input":
      // The weightiest stands first.
      if (flag.action === "block") state.refused = flag.findings[0] ?? null;
      break;
    case "tool":
      state.tainted ||= flag.findings.some(({ guard }) => guard === "injection");
      break;
    case "output":
      if (flag.call === undefined && flag.text !== undefined) state.text = flag.text;
      if (flag.repair !== undefined) state.repairs += 1;
      // What is blocked needs nobody else's word.
      if (flag.call === undefined && flag.action === "block") forgetReferrals(state, "output");
      break;
  }
}

/** What came with the task: its own words, or a document. */
function isOfTheTask({
  direction,
  document,
}: EventData<"guardrail.flagged" | "guardrail.referred">): boolean {
  return direction === "input" || document !== undefined;
}

function applyJudgement(state: TaskState, { subject, by, answer }: EventData<"guardrail.judged">): void {
  const referral = state.referrals.get(subject);
  if (referral === undefined) return;
  const asks = referral.asks.filter((ask) => ask !== by);
  if (asks.length === 0) state.referrals.delete(subject);
  else {
    const opinion = answer === "attack" || answer === "honest" ? { opinion: answer } : {};
    state.referrals.set(subject, { ...referral, ...opinion, asks });
  }
}

function forgetReferrals(state: TaskState, direction: Referral["direction"]): void {
  for (const [subject, referral] of state.referrals)
    if (referral.direction === direction) state.referrals.delete(subject);
}

/** The model is asked for the guards' sake, not for the task's: no turn, and no word of it is the task's. */
export function isJudgement({ purpose }: Pick<EventData<"model.requested">, "purpose">): boolean {
  return purpose === "second_opinion" || purpose === "tone";
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
  if (split.text !== "") state.text = split.text;
}

/** What a task has spent: confirmed or not. */
export function spentNanoUsd(state: TaskState): number {
  return state.modelCostNanoUsd + state.toolCostNanoUsd;
}

/** All tokens that count against `max_tokens`: input however it was billed, output, and unknown outcomes. */
export function tokensUsed(state: TaskState): number {
  const { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } = state.usage;
  return input_tokens + output_tokens + cache_read_tokens + cache_write_tokens + state.unconfirmedTokens;
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

function countToolCall(state: TaskState, call: string): void {
  if (state.seenToolCalls.has(call)) return;
  state.seenToolCalls.add(call);
  state.usage.tool_calls += 1;
}

function addUsage(state: TaskState, usage: TokenUsage): void {
  state.usage.input_tokens += usage.input_tokens;
  state.usage.output_tokens += usage.output_tokens;
  state.usage.cache_read_tokens += usage.cache_read_tokens;
  state.usage.cache_write_tokens += usage.cache_write_tokens;
}

/** A call that nobody will answer any more costs its worst case until a late report says otherwise. */
function chargeOpenHolds(state: TaskState): void {
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

function closeToolHold(
  state: TaskState,
  { call, cost_nano_usd = 0 }: EventData<"tool.completed" | "tool.failed">,
) {
  state.openToolHolds.delete(state.toolHoldOf.get(call) ?? "");
  state.toolHoldOf.delete(call);
  state.toolCostNanoUsd += cost_nano_usd;
}

function closeFailedCall(state: TaskState, failure: EventData<"model.failed">): void {
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

/** The stay came to nothing for want of a provider: neither it nor the tries before it count against the task. */
function forgiveOutage(state: TaskState): void {
  state.attempts -= outageAttempts(state);
  state.failedTries = state.crashes.length;
}

/** The attempts that a task which now waits for capacity is given back: this one, and each that failed just before it. */
export function outageAttempts({ attempts, failedTries, crashes }: TaskState): number {
  return Math.min(attempts, 1 + failedTries - crashes.length);
}

function confirmUsage(state: TaskState, report: EventData<"usage.confirmed">): void {
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
