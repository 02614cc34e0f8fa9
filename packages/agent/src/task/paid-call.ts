/**
 * What becomes of the money of a model call, whoever asked for it: a reply settles its hold at what it cost, a failure at
 * what it may have cost, and a call that was never sent at nothing. Each is a fact in the journal, in the same step.
 */
import type { TokenUsage } from "@pawl/protocol";
import type { ModelFailure } from "../model/failure.ts";
import type { ModelReply } from "../model/reply.ts";
import { costNanoUsd, type Price } from "../models/prices.ts";
import { spentOnModel } from "./grant-turn.ts";
import { type Run, remember } from "./run.ts";

/** A call whose worst case is held. */
export type PaidCall = { call: string; model: string; price: Price };

/** Gives the usage that counts: the reply's own, or the worst case where that cannot be true. */
export function rememberReply(
  run: Run,
  { call, model, price }: PaidCall,
  reply: ModelReply,
  durationMs: number,
): TokenUsage {
  const { nanoUsd: cost, unconfirmed } = costOf(run, call, price, reply);
  const usage = unconfirmed ? worstCaseUsage(run, call) : reply.usage;
  remember(run, {
    type: "model.responded",
    data: {
      call,
      model,
      message_id: reply.messageId,
      content: reply.content,
      stop_reason: reply.stopReason,
      ...(reply.malformed.size === 0 ? {} : { malformed_calls: [...reply.malformed.keys()] }),
      usage,
      cost_nano_usd: cost,
      ...(unconfirmed ? { unconfirmed } : {}),
      duration_ms: Math.max(0, durationMs),
    },
  });
  run.settled.push({
    hold: call,
    nanoUsd: cost,
    spentOn: spentOnModel(model),
    usage,
    unconfirmed,
  });
  return usage;
}

/** What a refused report would have counted is not known; no more than this can it have been. */
function worstCaseUsage(run: Run, call: string): TokenUsage {
  const { input_tokens_bound: input_tokens = 0, max_tokens: output_tokens = 0 } =
    run.state.openHolds.get(call) ?? {};
  return { input_tokens, output_tokens, cache_read_tokens: 0, cache_write_tokens: 0 };
}

/** A usage report that no API would send costs what was held, and is said to be unconfirmed. */
function costOf(
  run: Run,
  call: string,
  price: Price,
  reply: ModelReply,
): { nanoUsd: number; unconfirmed: boolean } {
  const held = run.state.openHolds.get(call)?.held_nano_usd ?? 0;
  const { input_tokens, cache_read_tokens, cache_write_tokens } = reply.usage;
  try {
    if (input_tokens + cache_read_tokens + cache_write_tokens === 0)
      throw new RangeError("no input was reported, and none is answered without");
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

/** `forCapacity`: the provider is down or refuses for its rate. */
export function rememberFailure(
  run: Run,
  { call, model }: Pick<PaidCall, "call" | "model">,
  failure: ModelFailure,
  forCapacity: boolean,
): void {
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
  run.settled.push({ hold: call, nanoUsd: cost, spentOn: spentOnModel(model), unconfirmed });
}

/** The money is held and the request announced, but we are interrupted before a byte of it was sent. */
export function rememberUnsent(run: Run, { call, model }: Pick<PaidCall, "call" | "model">): void {
  const error = {
    code: "not_sent",
    message: "The worker was interrupted before the request was sent.",
  } as const;
  remember(run, {
    type: "model.failed",
    data: { call, error, status: null, retryable: false, cost_nano_usd: 0, unconfirmed: false },
  });
  run.settled.push({ hold: call, nanoUsd: 0, spentOn: spentOnModel(model) });
}
