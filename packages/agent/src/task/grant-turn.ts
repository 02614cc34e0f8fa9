/**
 * Plans a turn and takes its money: the worst case of the call, and the reserve for one last turn. Where it is short
 * the turn is planned anew: a shorter answer, then a cheaper model, then one last turn, cut to what the money pays for,
 * then the end. Before all that the conversation is kept within the model's context window.
 */
import { type EventData, type NewEvent, type SpentOn, spentNanoUsd, type TaskError } from "@pawl/protocol";
import type { Permit } from "../health/model-gate.ts";
import type { ModelRequest } from "../model/ask-model.ts";
import { cheaperModel, softShareOf } from "../models/cheaper-model.ts";
import type { Price } from "../models/prices.ts";
import type { LimitScope } from "./after-reply.ts";
import { planContext } from "./context-budget.ts";
import { type Conversation, LAST_TURN } from "./conversation.ts";
import { fail, stopAt } from "./end-task.ts";
import { enterGate } from "./enter-gate.ts";
import { fitLastTurn } from "./fit-last-turn.ts";
import { type Message, text, withNote } from "./message.ts";
import {
  besidesMessagesBound,
  inputTokensBound,
  lastTurnRoom,
  planTurn,
  type TurnPlan,
} from "./plan-turn.ts";
import { apply, type Outcome, type Run, record, remember } from "./run.ts";
import { messagesFor } from "./thinking.ts";

export type Granted =
  | { kind: "granted"; call: string; request: ModelRequest; price: Price; permit: Permit }
  | Denied;

type Denied = { kind: "denied"; outcome: Outcome };

/** A turn as it may be asked for: what is sent, the bound on it, and how its answer is to be taken. */
type Draft = {
  plan: TurnPlan & { kind: "ask" };
  model: string;
  price: Price;
  messages: readonly Message[];
  inputTokensBound: number;
  /** Its answer sums up what was said. */
  summary: boolean;
  /** Less than the conversation is sent. */
  cut: boolean;
};

/** What was learnt while the turn was planned. */
type Learnt = {
  /** The most that could be free, where a step was refused for want of it. */
  freeNanoUsd?: number;
  /** The provider's own count, in place of the bound in bytes. */
  countedTokens?: number;
};

export async function grantTurn(run: Run): Promise<Granted> {
  // Once: what is still too dear then goes cheaper for want of money.
  const { model: asked } = run.state.submitted;
  if (run.state.model === asked && isSoftlySpent(run)) goCheaper(run, "soft_limit");
  let learnt: Learnt = {};
  for (;;) {
    const { model } = run.state;
    const price = run.priceOf(model, run.nowMs());
    if (price === undefined) return denied(await fail(run, unpriced(model)));
    const drafted = draftTurn(run, model, price, learnt);
    switch (drafted.kind) {
      case "change":
        remember(run, drafted.event);
        learnt = {};
        break;
      case "tight": {
        // Whatever is known is recorded before anything else is waited for.
        if (run.facts.length > 0 && (await record(run, { where: { to: "running" } })).kind === "lost")
          return denied("lost");
        learnt = { ...learnt, countedTokens: await countedTokens(run, model) };
        break;
      }
      case "short":
        // Another model counts otherwise.
        if (goCheaper(run, "budget")) learnt = {};
        else return denied(await stopAt(run, drafted.reason, whoseMoney(run, learnt)));
        break;
      case "stop":
        return denied(await stopAt(run, drafted.reason));
      case "draft": {
        if (drafted.draft.plan.lastBecause === "budget_reached" && goCheaper(run, "budget")) {
          learnt = {};
          break;
        }
        // Before any money is held: who waits for a provider holds nothing.
        const entered = await enterGate(run, model);
        if (entered.kind === "denied") return entered;
        if (entered.kind === "downgraded") {
          learnt = {};
          break;
        }
        const { permit } = entered;
        const taken = await takeMoney(run, drafted.draft, learnt).catch((error: unknown) => {
          void permit.done({ kind: "unused" });
          throw error;
        });
        if (taken.kind === "granted") return { ...taken, permit };
        void permit.done({ kind: "unused" });
        if (taken.kind === "denied") return taken;
        learnt = { ...learnt, freeNanoUsd: taken.freeNanoUsd };
      }
    }
  }
}

type Drafted =
  | { kind: "draft"; draft: Draft }
  /** To be remembered first. */
  | { kind: "change"; event: NewEvent }
  /** Cut short by a bound that may be loose: the provider is to be asked. */
  | { kind: "tight" }
  /** There is no money for anything. */
  | { kind: "short"; reason: "budget_reached" }
  | { kind: "stop"; reason: (TurnPlan & { kind: "stop" })["reason"] };

function draftTurn(run: Run, model: string, price: Price, { freeNanoUsd, countedTokens }: Learnt): Drafted {
  const { state, conversation } = run;
  const { definition } = state.submitted;
  const bytesBound = inputTokensBound(conversation, definition, model);
  const bound = Math.min(bytesBound, countedTokens ?? bytesBound);
  const window = Math.min(
    run.contextWindowOf(model),
    price.tier?.above_input_tokens ?? Number.POSITIVE_INFINITY,
  );
  const maxTokens = definition.max_tokens_per_call;
  const context = planContext({
    conversation,
    definition,
    contextWindowTokens: window,
    inputTokensBound: bound,
    maxTokens,
  });
  if (context.kind === "change") return context;

  const question = { state, definition, price, nowMs: run.nowMs(), freeNanoUsd };
  if (context.kind === "summarise") {
    const inputBound = bound + context.addedBytes;
    const shorter = { ...definition, max_tokens_per_call: context.maxTokens };
    const plan = planTurn({ ...question, definition: shorter, inputTokensBound: inputBound });
    // Where this may be the last turn there is nothing to sum up for.
    if (plan.kind === "ask" && plan.lastBecause === undefined) {
      const messages = messagesFor(model, context);
      const draft = { plan, model, price, messages, inputTokensBound: inputBound, summary: true, cut: false };
      return { kind: "draft", draft };
    }
  }
  const plan = planTurn({ ...question, inputTokensBound: bound });
  if (countedTokens === undefined && isTight(plan, maxTokens)) return { kind: "tight" };
  if (plan.kind === "ask") {
    const messages = withLastNote(messagesFor(model, conversation), plan);
    const draft = { plan, model, price, messages, inputTokensBound: bound, summary: false, cut: false };
    return { kind: "draft", draft };
  }
  if (plan.reason !== "budget_reached") return plan;
  return lastTurnCutShort(run, model, { ...question, inputTokensBound: bound });
}

/** The conversation has grown beyond what was kept for its last turn: it is asked with what the money pays for. */
function lastTurnCutShort(run: Run, model: string, question: Parameters<typeof planTurn>[0]): Drafted {
  const { price, definition } = question;
  // Without a word of its own the task has found nothing that a last turn could tell.
  if (run.state.turns === 0) return { kind: "short", reason: "budget_reached" };
  const fitted = fitLastTurn(messagesFor(model, run.conversation), {
    maxInputTokensBound: lastTurnRoom(question),
    besidesTokensBound: besidesMessagesBound(definition),
  });
  if (fitted === undefined) return { kind: "short", reason: "budget_reached" };
  const plan = planTurn({ ...question, inputTokensBound: fitted.inputTokensBound });
  if (plan.kind === "stop") return { kind: "short", reason: "budget_reached" };
  const last: Draft["plan"] = { ...plan, reserveNanoUsd: 0, lastBecause: "budget_reached", trimmed: false };
  const messages = withLastNote(fitted.messages, last);
  const draft = { plan: last, model, price, messages, inputTokensBound: fitted.inputTokensBound };
  return { kind: "draft", draft: { ...draft, summary: false, cut: fitted.cut } };
}

async function takeMoney(
  run: Run,
  draft: Draft,
  learnt: Learnt,
): Promise<Omit<Granted & { kind: "granted" }, "permit"> | Denied | { kind: "spent"; freeNanoUsd: number }> {
  const { plan, model, price } = draft;
  const call = `m${run.state.usage.model_calls + 1}`;
  const { heldNanoUsd: nanoUsd, reserveNanoUsd, leastNanoUsd } = plan;
  const requested: NewEvent = {
    type: "model.requested",
    data: {
      call,
      model,
      max_tokens: plan.maxTokens,
      input_tokens_bound: draft.inputTokensBound,
      held_nano_usd: nanoUsd,
      ...(draft.summary ? { purpose: "summary" } : {}),
      ...(draft.cut ? { cut: true } : {}),
      ...(plan.lastBecause ? { last_because: plan.lastBecause } : {}),
      ...(plan.lastBecause === "budget_reached" ? { last_scope: whoseMoney(run, learnt) } : {}),
      ...(plan.trimmed ? { trimmed: true } : {}),
    },
  };
  const holds = [{ hold: call, nanoUsd, spentOn: spentOnModel(model) }];
  const next = { holds, reserveNanoUsd, leastNanoUsd, events: [requested] };
  const recorded = await record(run, { where: { to: "running" }, next });
  if (recorded.kind === "lost") return denied("lost");
  if (recorded.kind === "parked") return denied("waiting");
  if (recorded.kind === "spent") return { kind: "spent", freeNanoUsd: recorded.freeNanoUsd };
  apply(run, requested);
  return { kind: "granted", call, request: requestFor(run, draft), price };
}

export function spentOnModel(model: string): SpentOn {
  return { kind: "model", name: model };
}

function requestFor(
  { state }: Run,
  { model, messages, plan, summary }: Pick<Draft, "model" | "messages" | "plan" | "summary">,
): ModelRequest {
  const { definition } = state.submitted;
  // A change of `tool_choice` costs the cached prefix: of a summary's answer only the text is taken anyway.
  const mayUseTools = summary || (plan.lastBecause === undefined && state.limits.max_tool_calls > 0);
  return { model, definition, messages, maxTokens: plan.maxTokens, mayUseTools };
}

/** The conversation hears the note itself when the reply to it is recorded. */
function withLastNote(messages: readonly Message[], plan: TurnPlan & { kind: "ask" }): readonly Message[] {
  return plan.lastBecause === undefined ? messages : withNote(messages, text(LAST_TURN));
}

function denied(outcome: Outcome): Denied {
  return { kind: "denied", outcome };
}

function unpriced(model: string): TaskError {
  return { code: "agent_invalid", message: `There is no price for the model ${model}.` };
}

/** The share of the task's own money, or some account, says that cheaper ways are due. */
function isSoftlySpent({ state, soft }: Run): boolean {
  const share = softShareOf(state.submitted.definition);
  return soft || spentNanoUsd(state) >= share * state.limits.max_cost_nano_usd;
}

/** false: there is nothing cheaper to go on with. */
function goCheaper(run: Run, because: EventData<"model.downgraded">["because"]): boolean {
  const { state } = run;
  const from = state.model;
  const to = cheaperModel(state.submitted.definition, from, run.priceOf, run.nowMs());
  if (to === undefined) return false;
  remember(run, { type: "model.downgraded", data: { from, to, because, message: CHEAPER_MODEL } });
  // What made it cheaper is seen to; the next soft limit asks again.
  run.soft = false;
  return true;
}

const CHEAPER_MODEL = "A simpler model was used for part of this task, to stay within its budget.";

/** Whether it is the task's own limit that leaves no turn, or one that it shares. */
function whoseMoney({ state }: Run, { freeNanoUsd }: Learnt): LimitScope {
  const own = state.limits.max_cost_nano_usd - spentNanoUsd(state);
  return freeNanoUsd === undefined || own <= freeNanoUsd ? "task" : "account";
}

function isTight(plan: TurnPlan, wanted: number): boolean {
  if (plan.kind === "stop") return plan.reason === "budget_reached" || plan.reason === "max_tokens";
  return (
    plan.maxTokens < wanted || plan.lastBecause === "budget_reached" || plan.lastBecause === "max_tokens"
  );
}

/**
 * The provider's own count, and a share above it, since it calls it an estimate; infinite where it gives none. A gateway
 * may say anything: what is no count is none, and none is below what the last usage made known.
 */
async function countedTokens(run: Run, model: string): Promise<number> {
  const messages = withNote(messagesFor(model, run.conversation), text(LAST_TURN));
  const { definition } = run.state.submitted;
  const request = { model, definition, messages, maxTokens: 1, mayUseTools: true };
  const counted = await run.model.countTokens(request, run.signal).catch(() => undefined);
  if (counted === undefined || !Number.isSafeInteger(counted) || counted <= 0)
    return Number.POSITIVE_INFINITY;
  return Math.max(Math.ceil(counted * 1.05) + 64, leastTokens(run.conversation, model));
}

/** What the last usage said the conversation measured, without what was taken from it since: a token is at least a byte. */
function leastTokens({ knownTokens, measured, bytes, bytesSinceReply }: Conversation, model: string): number {
  if (knownTokens === null || measured === null || knownTokens.model !== model) return 0;
  return knownTokens.tokens - Math.max(0, measured.bytes + bytesSinceReply - bytes);
}
