/**
 * One turn: have it granted, ask, and remember the reply with what it cost. A turn that failed waits for its retry
 * without holding a slot.
 */
import { type ModelFailure, modelFailure } from "../model/failure.ts";
import type { ModelReply } from "../model/reply.ts";
import { costNanoUsd, type Price } from "../models/prices.ts";
import { retryDelayMs } from "./backoff.ts";
import { fail, triesExhausted } from "./end-task.ts";
import { grantTurn, spentOnModel } from "./grant-turn.ts";
import { guardReply } from "./guards.ts";
import { interruptionOf } from "./interruption.ts";
import { liveText } from "./live-text.ts";
import { limitWarnings } from "./plan-turn.ts";
import { type Outcome, type Run, record, remember } from "./run.ts";

export async function askTurn(run: Run): Promise<Outcome> {
  const granted = await grantTurn(run);
  if (granted.kind !== "granted") return granted.outcome;
  const { call, request, price, permit } = granted;
  if (!run.stillOurs() || run.signal.aborted) {
    void permit.done({ kind: "unused" });
    rememberUnsent(run, call);
    return "continue";
  }
  const startedAtMs = run.nowMs();
  const live = liveText(run);
  try {
    const reply = await run.model
      .ask(request, { signal: run.signal, onText: live.write, onLimits: permit.told })
      .finally(live.flush);
    const { input_tokens, cache_write_tokens, output_tokens } = reply.usage;
    // What is read from the cache counts against no rate.
    const inputTokens = input_tokens + cache_write_tokens;
    void permit.done({ kind: "answered", inputTokens, outputTokens: output_tokens });
    rememberReply(run, call, request.model, reply, price, run.nowMs() - startedAtMs);
    return "continue";
  } catch (error) {
    if (interruptionOf(run.signal)) {
      void permit.done({ kind: "broken_off" });
      return "continue";
    }
    const failure = modelFailure(error, run.nowMs());
    return failedCall(run, call, failure, await permit.done({ kind: "failed", failure }));
  }
}

function rememberReply(
  run: Run,
  call: string,
  model: string,
  reply: ModelReply,
  price: Price,
  durationMs: number,
): void {
  const { nanoUsd: cost, unconfirmed } = costOf(run, call, price, reply);
  const summary = run.state.openHolds.get(call)?.purpose === "summary";
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
      ...(unconfirmed ? { unconfirmed } : {}),
      duration_ms: Math.max(0, durationMs),
    },
  });
  run.settled.push({
    hold: call,
    nanoUsd: cost,
    spentOn: spentOnModel(model),
    usage: reply.usage,
    unconfirmed,
  });
  if (!summary) guardReply(run, reply);
  for (const warning of limitWarnings(run.state)) remember(run, warning);
}

/** A usage report that no API would send costs what was held, and is said to be unconfirmed. */
function costOf(
  run: Run,
  call: string,
  price: Price,
  reply: ModelReply,
): { nanoUsd: number; unconfirmed: boolean } {
  const held = run.state.openHolds.get(call)?.held_nano_usd ?? 0;
  try {
    const nanoUsd = costNanoUsd(price, reply.billed);
    if (nanoUsd <= held) return { nanoUsd, unconfirmed: false };
    // More than its worst case: the ledger must not pass a limit for a report that cannot be true.
    run.log.error("the model reported more than the call could cost; its worst case is charged", {
      call,
      nanoUsd,
    });
  } catch (error) {
    run.log.error("the model reported an impossible usage; its worst case is charged", { call, error });
  }
  return { nanoUsd: held, unconfirmed: true };
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
  run.settled.push({ hold: call, nanoUsd: 0, spentOn: spentOnModel(run.state.model) });
}

/** `forCapacity`: the provider is down or refuses for its rate; the next turn asks the gate what to do about it. */
async function failedCall(
  run: Run,
  call: string,
  failure: ModelFailure,
  forCapacity: boolean,
): Promise<Outcome> {
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
      ...(forCapacity ? { capacity: true } : {}),
      cost_nano_usd: cost,
      unconfirmed,
    },
  });
  run.settled.push({ hold: call, nanoUsd: cost, spentOn: spentOnModel(run.state.model), unconfirmed });
  if (!failure.retryable) return fail(run, { code: failure.code, message: failure.message });
  if (forCapacity || triesExhausted(run) !== undefined) return "continue";
  const afterMs = retryDelayMs(run.state.failedTries, failure.retryAfterMs, run.random);
  remember(run, {
    type: "task.waiting",
    data: { for: "retry", after_ms: afterMs, message: failure.message },
  });
  const recorded = await record(run, { where: { to: "waiting", for: "retry", afterMs } });
  return recorded.kind === "lost" ? "lost" : "waiting";
}
