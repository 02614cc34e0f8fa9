/**
 * Asks the cheapest model for one word, for the guards' sake. Its money goes the way of every call of the task: the worst
 * case is held before it, the reply settles it, and neither passes a limit. It takes nothing that the task's own next turn
 * needs, and waits for nobody's money: where there is none, where the model is away, fails, or says anything but the word,
 * there is no answer, and the task goes on without one.
 */
import { type AgentDefinition, type EventData, textOf, tokensUsed } from "@pawl/protocol";
import { type ModelFailure, modelFailure } from "../model/failure.ts";
import type { ModelReply } from "../model/reply.ts";
import { type Price, worstCaseNanoUsd } from "../models/prices.ts";
import { spentOnModel } from "./grant-turn.ts";
import { interruptionOf } from "./interruption.ts";
import { type Message, messagesBytes, text } from "./message.ts";
import { type PaidCall, rememberFailure, rememberReply, rememberUnsent } from "./paid-call.ts";
import {
  besidesMessagesBound,
  inputTokensBound,
  leastTurnNanoUsd,
  limitWarnings,
  MIN_ANSWER_TOKENS,
} from "./plan-turn.ts";
import { apply, type Outcome, type Run, record, recordKnown, remember } from "./run.ts";

/** `read`: what the answer says; undefined: nothing that was asked for. */
export type JudgeQuestion<Answer extends string> = {
  system: string;
  text: string;
  read: (said: string) => Answer | undefined;
};

/** left: the task is to be left, or looked at anew. `because`: why there is no answer. */
export type Judged<Answer extends string> =
  | { kind: "judged"; answer?: Answer; because?: EventData<"guardrail.judged">["because"]; call?: string }
  | { kind: "left"; outcome: Outcome };

type Purpose = "second_opinion" | "tone";

/** One word, in whatever pieces a tokenizer makes of it. */
const ANSWER_TOKENS = 16;

export async function askJudge<Answer extends string>(
  run: Run,
  purpose: Purpose,
  question: JudgeQuestion<Answer>,
): Promise<Judged<Answer>> {
  const { definition } = run.state.submitted;
  const model = definition.guards?.judge ?? run.state.model;
  const price = run.priceOf(model, run.nowMs());
  if (price === undefined) return { kind: "judged", because: "unavailable" };
  const asking: AgentDefinition = { ...definition, system: question.system, tools: [] };
  const messages: Message[] = [{ role: "user", content: [text(question.text)] }];
  const bound = besidesMessagesBound(asking) + messagesBytes(messages);
  if (!fits(run, purpose, bound)) return { kind: "judged", because: "no_room" };

  // Before any money is held, as for every call.
  const admission = run.gate.admit({ model, tenant: run.tenant, task: run.taskId, signal: run.signal });
  if (admission instanceof Promise && !(await recordKnown(run))) {
    void admission.then((late) => late.kind === "go" && late.permit.done({ kind: "unused" }));
    return { kind: "left", outcome: "lost" };
  }
  const admitted = await admission;
  if (admitted.kind !== "go")
    return run.signal.aborted
      ? { kind: "left", outcome: "continue" }
      : { kind: "judged", because: "unavailable" };
  const { permit } = admitted;
  const taken = await takeMoney(run, purpose, { model, price, bound }).catch((error: unknown) => {
    void permit.done({ kind: "unused" });
    throw error;
  });
  if (taken.kind !== "taken") {
    void permit.done({ kind: "unused" });
    return taken;
  }
  const { paid } = taken;
  if (!run.stillOurs() || run.signal.aborted) {
    void permit.done({ kind: "unused" });
    rememberUnsent(run, paid);
    return { kind: "left", outcome: "continue" };
  }
  const startedAtMs = run.nowMs();
  let reply: ModelReply;
  try {
    const request = { model, definition: asking, messages, maxTokens: ANSWER_TOKENS, mayUseTools: false };
    reply = await run.model.ask(request, { signal: run.signal, onText: () => {}, onLimits: permit.told });
  } catch (error) {
    if (interruptionOf(run.signal)) {
      void permit.done({ kind: "broken_off" });
      return { kind: "left", outcome: "continue" };
    }
    const failure: ModelFailure = modelFailure(error, run.nowMs());
    rememberFailure(run, paid, failure, await permit.done({ kind: "failed", failure }));
    return { kind: "judged", because: "failed", call: paid.call };
  }
  const usage = rememberReply(run, paid, reply, run.nowMs() - startedAtMs);
  const inputTokens = usage.input_tokens + usage.cache_write_tokens;
  void permit.done({ kind: "answered", inputTokens, outputTokens: usage.output_tokens });
  for (const warning of limitWarnings(run.state)) remember(run, warning);
  const answer = question.read(textOf(reply.content) ?? "");
  return answer === undefined
    ? { kind: "judged", because: "unreadable", call: paid.call }
    : { kind: "judged", answer, call: paid.call };
}

/** Its tokens count against the task's limit, too, and must leave room for the turn that comes next. */
function fits(run: Run, purpose: Purpose, bound: number): boolean {
  const room = run.state.limits.max_tokens - tokensUsed(run.state) - bound - ANSWER_TOKENS;
  return room >= (purpose === "tone" ? 0 : nextInputBound(run) + MIN_ANSWER_TOKENS);
}

function nextInputBound({ state, conversation }: Run): number {
  return inputTokensBound(conversation, state.submitted.definition, state.model);
}

/** What the least turn would cost that comes next: a final answer is followed by none. */
function reserve(run: Run, purpose: Purpose): number {
  const price = purpose === "tone" ? undefined : run.priceOf(run.state.model, run.nowMs());
  if (price === undefined) return run.reserveNanoUsd;
  return Math.max(run.reserveNanoUsd, leastTurnNanoUsd(run, price, { resultsToCome: false }));
}

async function takeMoney(
  run: Run,
  purpose: Purpose,
  { model, price, bound }: { model: string; price: Price; bound: number },
): Promise<{ kind: "taken"; paid: PaidCall } | Judged<never>> {
  const call = `m${run.state.usage.model_calls + 1}`;
  const nanoUsd = worstCaseNanoUsd(price, { inputTokens: bound, maxTokens: ANSWER_TOKENS });
  const requested = {
    type: "model.requested" as const,
    data: {
      call,
      model,
      max_tokens: ANSWER_TOKENS,
      input_tokens_bound: bound,
      held_nano_usd: nanoUsd,
      purpose,
    },
  };
  const recorded = await record(run, {
    where: { to: "running" },
    next: {
      holds: [{ hold: call, nanoUsd, spentOn: spentOnModel(model) }],
      reserveNanoUsd: reserve(run, purpose),
      leastNanoUsd: nanoUsd,
      events: [requested],
      mayWait: false,
    },
  });
  if (recorded.kind === "lost") return { kind: "left", outcome: "lost" };
  if (recorded.kind === "parked") return { kind: "left", outcome: "waiting" };
  if (recorded.kind === "spent") return { kind: "judged", because: "no_money" };
  apply(run, requested);
  return { kind: "taken", paid: { call, model, price } };
}
