/**
 * One turn: have it granted, ask, and remember the reply with what it cost. A turn that failed waits for its retry
 * without holding a slot.
 */
import { type ModelFailure, modelFailure } from "../model/failure.ts";
import { retryDelayMs } from "./backoff.ts";
import { fail, triesExhausted } from "./end-task.ts";
import { grantTurn } from "./grant-turn.ts";
import { guardReply } from "./guards.ts";
import { interruptionOf } from "./interruption.ts";
import { liveText } from "./live-text.ts";
import { type PaidCall, rememberFailure, rememberReply, rememberUnsent } from "./paid-call.ts";
import { limitWarnings } from "./plan-turn.ts";
import { type Outcome, type Run, record, remember } from "./run.ts";

export async function askTurn(run: Run): Promise<Outcome> {
  const granted = await grantTurn(run);
  if (granted.kind !== "granted") return granted.outcome;
  const { call, request, price, permit } = granted;
  const paid: PaidCall = { call, model: request.model, price };
  if (!run.stillOurs() || run.signal.aborted) {
    void permit.done({ kind: "unused" });
    rememberUnsent(run, paid);
    return "continue";
  }
  const startedAtMs = run.nowMs();
  const live = liveText(run);
  try {
    const reply = await run.model
      .ask(request, { signal: run.signal, onText: live.write, onLimits: permit.told })
      .finally(live.flush);
    const isSummary = run.state.openHolds.get(call)?.purpose === "summary";
    const usage = rememberReply(run, paid, reply, run.nowMs() - startedAtMs);
    // What is read from the cache counts against no rate.
    const inputTokens = usage.input_tokens + usage.cache_write_tokens;
    void permit.done({ kind: "answered", inputTokens, outputTokens: usage.output_tokens });
    if (!isSummary) guardReply(run, call, reply);
    for (const warning of limitWarnings(run.state)) remember(run, warning);
    return "continue";
  } catch (error) {
    if (interruptionOf(run.signal)) {
      void permit.done({ kind: "broken_off" });
      return "continue";
    }
    const failure = modelFailure(error, run.nowMs());
    return failedCall(run, paid, failure, await permit.done({ kind: "failed", failure }));
  }
}

/** `forCapacity`: the provider is down or refuses for its rate; the next turn asks the gate what to do about it. */
async function failedCall(
  run: Run,
  paid: PaidCall,
  failure: ModelFailure,
  forCapacity: boolean,
): Promise<Outcome> {
  rememberFailure(run, paid, failure, forCapacity);
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
