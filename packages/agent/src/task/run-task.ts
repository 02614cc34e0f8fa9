/**
 * The loop: ask the model, answer its calls, until the task ends. Nothing is done twice: the state and the
 * conversation are folds over the journal, every reply and every answer is recorded before the next thing is
 * begun, and one step of the recorder says all there is to say between two things (what ended, what it cost, the
 * money for what comes next). Deciding comes before recording.
 */
import { applyEvent, type Event, foldTask, type NewEvent, type TaskState } from "@pawl/protocol";
import type { Tool, ToolContext } from "../define-tool.ts";
import type { Model, ModelRequest } from "../model/ask-model.ts";
import { type ModelFailure, modelFailure } from "../model/failure.ts";
import type { ModelReply } from "../model/reply.ts";
import { costNanoUsd, type Price } from "../models/prices.ts";
import { type Move, nextMove, stoppedBy } from "./after-reply.ts";
import { retryDelayMs } from "./backoff.ts";
import {
  type Conversation,
  foldConversation,
  hear,
  LAST_TURN,
  type Message,
  text,
  unansweredCalls,
} from "./conversation.ts";
import { type Interruption, interruptionOf } from "./interruption.ts";
import { inputTokensBound, limitWarnings, planTurn, type TurnPlan } from "./plan-turn.ts";
import type { Record, Recorder, Where } from "./recorder.ts";
import { failed, type PreparedCall, prepareCall, runCall, type ToolOutcome } from "./run-call.ts";

export type TaskRun = {
  tenant: string;
  taskId: string;
  /** The journal as the claim returned it. */
  events: readonly Event[];
};

export type TaskDeps = {
  model: Model;
  priceOf: (model: string, atMs: number) => Price | undefined;
  tools: readonly Tool[];
  record: Recorder;
  /** Aborted with an Interruption. */
  signal: AbortSignal;
  /** How long a `write` tool in flight may still take when the worker is going. */
  writeGraceMs: number;
  /** Text as it is being written; nobody waits for it. */
  onText: (text: string) => void;
  nowMs: () => number;
  random: () => number;
  log: ToolContext["log"];
  egress: ToolContext["egress"];
};

/** How the worker's stay with the task ended; the journal says the rest. */
export type TaskRunOutcome = "ended" | "waiting" | "handed_back" | "lost";

/** What one run carries from step to step. */
type Run = TaskRun &
  TaskDeps & {
    state: TaskState;
    conversation: Conversation;
    toolsByName: ReadonlyMap<string, Tool>;
    /** Said to nobody yet: they go with the next step. */
    facts: NewEvent[];
    settled: { hold: string; nanoUsd: number }[];
    /** Inputs of the last reply that were no JSON. */
    malformed: ReadonlyMap<string, string>;
  };

export async function runTask(task: TaskRun, deps: TaskDeps): Promise<TaskRunOutcome> {
  const run = takeUp(task, deps);
  for (;;) {
    const interruption = interruptionOf(run.signal);
    if (interruption) return giveUp(run, interruption);
    const exhausted = triesExhausted(run);
    const move = exhausted ?? nextMove(run.conversation);
    const outcome = await make(run, move);
    if (outcome !== "continue") return outcome;
  }
}

type Outcome = TaskRunOutcome | "continue";

function make(run: Run, move: Move): Promise<Outcome> {
  switch (move.kind) {
    case "ask":
      return askModel(run);
    case "answer-calls":
      return answerCalls(run);
    case "end":
      return end(run, move);
  }
}

function takeUp(task: TaskRun, deps: TaskDeps): Run {
  const state = foldTask(task.events);
  // The pinned definition says which tools; the worker's configuration has their code.
  const allowed = new Set(state.submitted.definition.tools.map(({ name }) => name));
  const tools = deps.tools.filter(({ name }) => allowed.has(name));
  return {
    ...task,
    ...deps,
    state,
    conversation: foldConversation(task.events),
    toolsByName: new Map(tools.map((tool) => [tool.name, tool])),
    facts: [],
    settled: [],
    malformed: new Map(),
  };
}

// ---- asking the model

async function askModel(run: Run): Promise<Outcome> {
  const { model } = run.state.submitted;
  const price = run.priceOf(model, run.nowMs());
  if (price === undefined)
    return fail(run, "permanent_error", {
      code: "agent_invalid",
      message: `There is no price for the model ${model}.`,
    });
  const granted = await takeMoney(run, model, price);
  if (granted.kind !== "granted") return granted.outcome;
  const { call, request } = granted;
  const startedAtMs = run.nowMs();
  try {
    const reply = await run.model.ask(request, { signal: run.signal, onText: run.onText });
    rememberReply(run, call, request.model, reply, price, run.nowMs() - startedAtMs);
    return "continue";
  } catch (error) {
    if (interruptionOf(run.signal)) return "continue";
    return failedCall(run, call, modelFailure(error, run.nowMs()));
  }
}

type Granted =
  | { kind: "granted"; call: string; request: ModelRequest }
  | { kind: "denied"; outcome: Outcome };

/** Plans the turn, holds its worst case and says that it is asked for; plans anew where less money is free. */
async function takeMoney(run: Run, model: string, price: Price): Promise<Granted> {
  const { state, conversation } = run;
  const { definition } = state.submitted;
  let bound = inputTokensBound(conversation, definition, model);
  let counted = false;
  let freeNanoUsd: number | undefined;
  for (;;) {
    const plan = planTurn({
      state,
      definition,
      price,
      inputTokensBound: bound,
      nowMs: run.nowMs(),
      freeNanoUsd,
    });
    if (!counted && isTight(plan, definition.max_tokens_per_call)) {
      // The bound in bytes is loose: ask the provider for its own count before anything is cut short.
      counted = true;
      bound = Math.min(bound, await countedBound(run, model, bound));
      continue;
    }
    if (plan.kind === "stop") return { kind: "denied", outcome: await end(run, stoppedBy(plan.reason)) };
    const call = `m${state.usage.model_calls + 1}`;
    const requested: NewEvent = {
      type: "model.requested",
      data: {
        call,
        model,
        max_tokens: plan.maxTokens,
        input_tokens_bound: bound,
        held_nano_usd: plan.heldNanoUsd,
        ...(plan.lastBecause ? { last_because: plan.lastBecause } : {}),
      },
    };
    const { heldNanoUsd: nanoUsd, leastNanoUsd } = plan;
    const next = { hold: call, nanoUsd, leastNanoUsd, events: [requested] };
    const recorded = await record(run, { where: { to: "running" }, next });
    if (recorded.kind === "lost") return { kind: "denied", outcome: "lost" };
    if (recorded.kind === "parked") return { kind: "denied", outcome: "waiting" };
    if (recorded.kind === "spent") {
      freeNanoUsd = recorded.freeNanoUsd;
      continue;
    }
    apply(run, requested);
    return { kind: "granted", call, request: requestFor(run, model, plan) };
  }
}

function isTight(plan: TurnPlan, wanted: number): boolean {
  if (plan.kind === "stop") return plan.reason === "budget_reached" || plan.reason === "max_tokens";
  return (
    plan.maxTokens < wanted || plan.lastBecause === "budget_reached" || plan.lastBecause === "max_tokens"
  );
}

/** A share above the provider's own estimate, which it calls an estimate. */
async function countedBound(run: Run, model: string, bound: number): Promise<number> {
  const request = requestFor(run, model, {
    kind: "ask",
    maxTokens: 1,
    heldNanoUsd: 0,
    leastNanoUsd: 0,
    lastBecause: "budget_reached",
  });
  const counted = await run.model.countTokens(request, run.signal).catch(() => undefined);
  return counted === undefined ? bound : Math.ceil(counted * 1.05) + 64;
}

function requestFor(run: Run, model: string, plan: TurnPlan & { kind: "ask" }): ModelRequest {
  const { messages } = run.conversation;
  const last = plan.lastBecause !== undefined;
  return {
    model,
    definition: run.state.submitted.definition,
    messages: last ? withNote(messages) : messages,
    maxTokens: plan.maxTokens,
    mayUseTools: !last,
  };
}

/** The conversation hears the note itself when the reply to it is recorded. */
function withNote(messages: readonly Message[]): Message[] {
  const last = messages.at(-1);
  if (last?.role !== "user") return [...messages, { role: "user", content: [text(LAST_TURN)] }];
  return [...messages.slice(0, -1), { ...last, content: [...last.content, text(LAST_TURN)] }];
}

function rememberReply(
  run: Run,
  call: string,
  model: string,
  reply: ModelReply,
  price: Price,
  durationMs: number,
): void {
  const cost = costNanoUsd(price, reply.billed);
  remember(run, {
    type: "model.responded",
    data: {
      call,
      model,
      message_id: reply.messageId,
      content: reply.content,
      stop_reason: reply.stopReason,
      usage: reply.usage,
      cost_nano_usd: cost,
      duration_ms: Math.max(0, durationMs),
    },
  });
  run.settled.push({ hold: call, nanoUsd: cost });
  run.malformed = reply.malformed;
  for (const warning of limitWarnings(run.state)) remember(run, warning);
}

async function failedCall(run: Run, call: string, failure: ModelFailure): Promise<Outcome> {
  const held = run.state.openHolds.get(call)?.held_nano_usd ?? 0;
  const unconfirmed = failure.billed === "unknown";
  const cost = unconfirmed ? held : 0;
  remember(run, {
    type: "model.failed",
    data: {
      call,
      error: { code: failure.code, message: failure.message },
      status: failure.status,
      retryable: failure.retryable,
      cost_nano_usd: cost,
      unconfirmed,
    },
  });
  run.settled.push({ hold: call, nanoUsd: cost });
  if (!failure.retryable)
    return fail(run, "permanent_error", { code: failure.code, message: failure.message });
  if (triesExhausted(run) !== undefined) return "continue";
  const afterMs = retryDelayMs(run.state.failedTries, failure.retryAfterMs, run.random);
  remember(run, {
    type: "task.waiting",
    data: { for: "retry", after_ms: afterMs, message: failure.message },
  });
  const recorded = await record(run, { where: { to: "waiting", for: "retry", afterMs } });
  return recorded.kind === "lost" ? "lost" : "waiting";
}

/** Consecutive tries without a recorded step, a crash counted as one. */
function triesExhausted(run: Run): (Move & { kind: "end" }) | undefined {
  const { failedTries, lastFailure, submitted } = run.state;
  if (failedTries < submitted.max_attempts) return undefined;
  const cause = lastFailure ?? { code: "internal_error", message: "unknown" };
  const message = `Given up after ${failedTries} tries without progress. The last failure: ${cause.message}`;
  const error = { code: cause.code, message };
  return {
    kind: "end",
    status: "failed",
    stopReason: "retries_exhausted",
    events: [{ type: "task.failed", data: { stop_reason: "retries_exhausted", error } }],
  };
}

// ---- answering calls

/** Calls of one turn run concurrently; each answer is recorded at once, the last with the next step. */
async function answerCalls(run: Run): Promise<Outcome> {
  const ready: PreparedCall[] = [];
  for (const call of unansweredCalls(run.conversation)) {
    const prepared = admit(run, call.started, prepareCall(call, run.toolsByName, run.malformed.get(call.id)));
    if ("type" in prepared) remember(run, prepared);
    else {
      ready.push(prepared);
      if (!call.started)
        remember(run, {
          type: "tool.started",
          data: { call: call.id, tool: call.tool, effect: prepared.tool.effect },
        });
    }
  }
  if (ready.length === 0) return "continue";
  // Before the first of them runs it must be known that it may have run.
  const recorded = await record(run, { where: { to: "running" } });
  if (recorded.kind === "lost") return "lost";

  const afterShutdown = writeGrace(run);
  let open = ready.length;
  let lost = false;
  const answer = async (prepared: PreparedCall): Promise<void> => {
    const outcome = await runCall(prepared, contextFor(run, prepared, afterShutdown.signal), run.nowMs());
    open -= 1;
    remember(run, outcome);
    if (open > 0 || interruptionOf(run.signal))
      lost ||= (await record(run, { where: { to: "running" } })).kind === "lost";
  };
  const results = await Promise.allSettled(ready.map(answer));
  afterShutdown.clear();
  if (lost) return "lost";
  const crashed = results.find((result) => result.status === "rejected" && !interruptionOf(run.signal));
  if (crashed?.status === "rejected") throw crashed.reason;
  return "continue";
}

/** What the limits and the journal say of a call that could be run otherwise. */
function admit(run: Run, started: boolean, prepared: PreparedCall | ToolOutcome): PreparedCall | ToolOutcome {
  if ("type" in prepared) return prepared;
  const { call, tool } = prepared;
  if (started) {
    if (tool.effect !== "write") return prepared;
    return failed(
      call,
      "outcome_unknown",
      "The worker was lost while this call ran. Whether it took effect is unknown, so it was not run again. " +
        "Do not assume either; tell the user, or check by other means.",
    );
  }
  const { usage, limits, degraded } = run.state;
  if (usage.tool_calls < limits.max_tool_calls) return prepared;
  if (limits.max_tool_calls > 0 && degraded?.reason !== "max_tool_calls") {
    const limit = stoppedBy("max_tool_calls").events[0];
    if (limit !== undefined) remember(run, limit);
  }
  return failed(
    call,
    "limit_reached",
    `Not run: this task may use ${limits.max_tool_calls} tool calls in all.`,
  );
}

function contextFor(run: Run, { call, tool }: PreparedCall, afterShutdown: AbortSignal): ToolContext {
  const { submitted } = run.state;
  return {
    // A write is not broken off for a shutdown before its grace is over: its outcome would be unknown.
    signal: tool.effect === "write" ? afterShutdown : run.signal,
    idempotencyKey: `${run.taskId}.${call.id}`,
    user: submitted.user ?? undefined,
    tenant: run.tenant,
    taskId: run.taskId,
    documents: submitted.input.documents.map(({ name, media_type, text: body }) => ({
      name,
      mediaType: media_type,
      text: body,
    })),
    log: run.log,
    nowMs: run.nowMs,
    egress: run.egress,
    allowedHosts: submitted.definition.allowed_hosts,
  };
}

/** Aborts with the run's signal, but on a shutdown only after the grace for writes. */
function writeGrace(run: Run): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    const { reason } = run.signal;
    if (interruptionOf(run.signal)?.kind !== "shutdown") controller.abort(reason);
    else timer = setTimeout(() => controller.abort(reason), run.writeGraceMs);
  };
  if (run.signal.aborted) onAbort();
  else run.signal.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      run.signal.removeEventListener("abort", onAbort);
    },
  };
}

// ---- ending

async function end(run: Run, move: Move & { kind: "end" }): Promise<Outcome> {
  for (const event of move.events) remember(run, event);
  const where: Where = { to: move.status, stopReason: move.stopReason };
  const recorded = await record(run, { where });
  return recorded.kind === "lost" ? "lost" : "ended";
}

function fail(
  run: Run,
  stopReason: "permanent_error",
  error: { code: "agent_invalid" | ModelFailure["code"]; message: string },
): Promise<Outcome> {
  return end(run, {
    kind: "end",
    status: "failed",
    stopReason,
    events: [{ type: "task.failed", data: { stop_reason: stopReason, error } }],
  });
}

async function giveUp(run: Run, interruption: Interruption): Promise<TaskRunOutcome> {
  if (interruption.kind === "lost") return "lost";
  if (interruption.kind === "deadline") {
    const outcome = await end(run, stoppedBy("deadline"));
    return outcome === "continue" ? "ended" : outcome;
  }
  remember(run, { type: "task.handed_back", data: { because: "shutdown" } });
  const recorded = await record(run, { where: { to: "queued" } });
  return recorded.kind === "lost" ? "lost" : "handed_back";
}

// ---- remembering

/** A fact: it is folded now and journalled with the next step. */
function remember(run: Run, event: NewEvent): void {
  apply(run, event);
  run.facts.push(event);
}

/** Own events are folded before they have their number; only `at` of the clock here differs from the journal's. */
function apply(run: Run, event: NewEvent): void {
  hear(run.conversation, event);
  applyEvent(run.state, { ...event, seq: run.state.seq + 1, at: run.nowMs(), attempt: run.state.attempts });
}

function record(run: Run, command: Omit<Record, "facts" | "settled">) {
  const { facts, settled } = run;
  run.facts = [];
  run.settled = [];
  return run.record({ ...command, facts, settled }).then((recorded) => {
    if (recorded.kind !== "lost") for (const event of recorded.others) applyOthers(run, event);
    return recorded;
  });
}

function applyOthers(run: Run, event: Event): void {
  hear(run.conversation, event);
  applyEvent(run.state, event);
}
