/**
 * One turn: plan it, hold the money for its worst case, ask, and remember the reply with what it cost. A turn that
 * failed waits for its retry without holding a slot.
 */
import type { NewEvent } from "@pawl/protocol";
import type { ModelRequest } from "../model/ask-model.ts";
import { type ModelFailure, modelFailure } from "../model/failure.ts";
import type { ModelReply } from "../model/reply.ts";
import { costNanoUsd, type Price } from "../models/prices.ts";
import { stoppedBy } from "./after-reply.ts";
import { retryDelayMs } from "./backoff.ts";
import { LAST_TURN, type Message, text } from "./conversation.ts";
import { end, fail, triesExhausted } from "./end-task.ts";
import { interruptionOf } from "./interruption.ts";
import { inputTokensBound, limitWarnings, planTurn, type TurnPlan } from "./plan-turn.ts";
import type { SpentOn } from "./recorder.ts";
import { apply, type Outcome, type Run, record, remember } from "./run.ts";

export async function askTurn(run: Run): Promise<Outcome> {
  const { model } = run.state.submitted;
  const price = run.priceOf(model, run.nowMs());
  if (price === undefined)
    return fail(run, {
      code: "agent_invalid",
      message: `There is no price for the model ${model}.`,
    });
  const granted = await takeMoney(run, model, price);
  if (granted.kind !== "granted") return granted.outcome;
  const { call, request } = granted;
  if (!run.stillOurs() || run.signal.aborted) {
    rememberUnsent(run, call);
    return "continue";
  }
  const startedAtMs = run.nowMs();
  try {
    const reply = await run.model
      .ask(request, { signal: run.signal, onText: run.text.write })
      .finally(run.text.flush);
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
      // Whatever is known is recorded before anything else is waited for.
      if (run.facts.length > 0 && (await record(run, { where: { to: "running" } })).kind === "lost")
        return { kind: "denied", outcome: "lost" };
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
    const { heldNanoUsd: nanoUsd, reserveNanoUsd, leastNanoUsd } = plan;
    const next = {
      hold: call,
      nanoUsd,
      spentOn: spentOn(model),
      reserveNanoUsd,
      leastNanoUsd,
      events: [requested],
    };
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

function spentOn(model: string): SpentOn {
  return { kind: "model", name: model };
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
    reserveNanoUsd: 0,
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
    mayUseTools: !last && run.state.limits.max_tool_calls > 0,
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
  const cost = costOf(run, call, price, reply);
  remember(run, {
    type: "model.responded",
    data: {
      call,
      model,
      message_id: reply.messageId,
      content: reply.content,
      stop_reason: reply.stopReason,
      ...(reply.malformed.size === 0 ? {} : { malformed_calls: [...reply.malformed.keys()] }),
      usage: reply.usage,
      cost_nano_usd: cost,
      duration_ms: Math.max(0, durationMs),
    },
  });
  run.settled.push({ hold: call, nanoUsd: cost, spentOn: spentOn(model), usage: reply.usage });
  for (const warning of limitWarnings(run.state)) remember(run, warning);
}

/** A usage report that no API would send costs what was held. */
function costOf(run: Run, call: string, price: Price, reply: ModelReply): number {
  try {
    return costNanoUsd(price, reply.billed);
  } catch (error) {
    run.log.error("the model reported an impossible usage; its worst case is charged", { call, error });
    return run.state.openHolds.get(call)?.held_nano_usd ?? 0;
  }
}

/** The money is held and the request announced, but we are interrupted before a byte of it was sent. */
function rememberUnsent(run: Run, call: string): void {
  const error = {
    code: "not_sent",
    message: "The worker was interrupted before the request was sent.",
  } as const;
  remember(run, {
    type: "model.failed",
    data: { call, error, status: null, retryable: false, cost_nano_usd: 0, unconfirmed: false },
  });
  run.settled.push({ hold: call, nanoUsd: 0, spentOn: spentOn(run.state.model) });
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
  run.settled.push({ hold: call, nanoUsd: cost, spentOn: spentOn(run.state.model) });
  if (!failure.retryable) return fail(run, { code: failure.code, message: failure.message });
  if (triesExhausted(run) !== undefined) return "continue";
  const afterMs = retryDelayMs(run.state.failedTries, failure.retryAfterMs, run.random);
  remember(run, {
    type: "task.waiting",
    data: { for: "retry", after_ms: afterMs, message: failure.message },
  });
  const recorded = await record(run, { where: { to: "waiting", for: "retry", afterMs } });
  return recorded.kind === "lost" ? "lost" : "waiting";
}
