/**
 * Decides, before money is asked for, whether the model may be asked again and how long its answer may be. No
 * limit is ever exceeded: the plan counts a bound on the input that is never low and the longest answer. Where a
 * limit cannot pay a normal turn and one turn more, this turn is the last: no tools, answer with what is known.
 */
import {
  type AgentDefinition,
  type EventData,
  type NewEvent,
  type StopReasonOf,
  spentNanoUsd,
  type TaskState,
  tokensUsed,
} from "@pawl/protocol";
import { type Price, priceOf, worstCaseNanoUsd } from "../models/prices.ts";
import { type Conversation, LAST_TURN, startConversation } from "./conversation.ts";
import { definitionBytes } from "./message.ts";

export type LimitReason = Extract<
  StopReasonOf<"stopped">,
  "budget_reached" | "max_turns" | "max_tool_calls" | "max_tokens" | "deadline" | "loop_detected"
>;

export type TurnPlan =
  | {
      kind: "ask";
      maxTokens: number;
      heldNanoUsd: number;
      /** Kept beside it for one last turn; 0 where this one is the last. */
      reserveNanoUsd: number;
      leastNanoUsd: number;
      lastBecause?: LimitReason;
      /** Money allows no longer answer. */
      trimmed: boolean;
    }
  | { kind: "stop"; reason: LimitReason };

export type TurnQuestion = {
  state: TaskState;
  definition: AgentDefinition;
  price: Price;
  /** More input tokens than the request can have. */
  inputTokensBound: number;
  nowMs: number;
  /** The least free money over all accounts where a script has just said so; else the task's own rest. */
  freeNanoUsd?: number | undefined;
};

/** An answer shorter than this helps nobody. */
export const MIN_ANSWER_TOKENS = 256;
/** What the next turn's input is assumed to grow by beyond this turn's answer: a tool result of some size. */
const RESERVE_GROWTH_TOKENS = 512;

export function planTurn({
  state,
  definition,
  price,
  inputTokensBound,
  nowMs,
  freeNanoUsd,
}: TurnQuestion): TurnPlan {
  const { limits } = state;
  if (state.deadlineAtMs !== null && nowMs >= state.deadlineAtMs) return { kind: "stop", reason: "deadline" };
  const last = state.reached?.limit;
  if (state.turns >= limits.max_turns)
    return { kind: "stop", reason: last === "loop_detected" ? last : "max_turns" };

  const tokenRoom = limits.max_tokens - tokensUsed(state) - inputTokensBound;
  if (tokenRoom < MIN_ANSWER_TOKENS) return { kind: "stop", reason: "max_tokens" };

  const free = freeNanoUsd ?? limits.max_cost_nano_usd - spentNanoUsd(state);
  const cost = (inputTokens: number, maxTokens: number) =>
    worstCaseNanoUsd(price, { inputTokens, maxTokens });
  const leastNanoUsd = cost(inputTokensBound, MIN_ANSWER_TOKENS);
  if (free < leastNanoUsd) return { kind: "stop", reason: "budget_reached" };

  const longest = Math.min(definition.max_tokens_per_call, tokenRoom);
  const reserveNanoUsd = (answer: number) =>
    cost(inputTokensBound + answer + RESERVE_GROWTH_TOKENS, MIN_ANSWER_TOKENS);
  const affordable = longestAffordable(
    longest,
    free,
    (tokens) => cost(inputTokensBound, tokens) + reserveNanoUsd(tokens),
  );
  const ask = (wanted: number, reserve: (answer: number) => number, lastBecause?: LimitReason): TurnPlan => {
    const maxTokens = longestAffordable(wanted, free, (answer) => cost(inputTokensBound, answer));
    const heldNanoUsd = cost(inputTokensBound, maxTokens);
    const reserveNanoUsd = reserve(maxTokens);
    const trimmed = lastBecause === undefined && maxTokens < longest && maxTokens === affordable;
    const ask = { kind: "ask", maxTokens, heldNanoUsd, reserveNanoUsd, leastNanoUsd, trimmed } as const;
    return lastBecause === undefined ? ask : { ...ask, lastBecause };
  };
  const none = () => 0;

  if (last === "max_tool_calls" || last === "loop_detected") return ask(longest, none, last);
  // A turn without tools cannot be followed by another: it needs no reserve.
  if (definition.tools.length === 0) return ask(longest, none);

  const reserveTokens = (answer: number) =>
    inputTokensBound + answer + RESERVE_GROWTH_TOKENS + MIN_ANSWER_TOKENS;
  if (affordable < MIN_ANSWER_TOKENS) return ask(longest, none, "budget_reached");
  if (tokenRoom - affordable < reserveTokens(affordable)) {
    const shorter = Math.floor((tokenRoom - reserveTokens(0)) / 2);
    if (shorter < MIN_ANSWER_TOKENS) return ask(longest, none, "max_tokens");
    return ask(Math.min(affordable, shorter), reserveNanoUsd);
  }
  return ask(affordable, reserveNanoUsd);
}

/** The largest number of tokens up to `wanted` whose cost is covered; costs only grow with tokens. */
function longestAffordable(wanted: number, free: number, cost: (tokens: number) => number): number {
  if (cost(wanted) <= free) return wanted;
  let [fits, tooMany] = [0, wanted];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (cost(middle) <= free) fits = middle;
    else tooMany = middle;
  }
  return fits;
}

/** Hidden instructions that the API adds where tools are listed, generously. */
const TOOLS_OVERHEAD_TOKENS = 1024;
const REQUEST_OVERHEAD_TOKENS = 64;

/**
 * A bound on the next request's input tokens. A token is at least one byte of text, so bytes bound tokens; where
 * the last reply has told how many tokens the conversation measured, only what came since is counted in bytes.
 */
export function inputTokensBound(
  conversation: Conversation,
  definition: AgentDefinition,
  model: string,
): number {
  const whole = besidesMessagesBound(definition) + conversation.bytes;
  const known = conversation.knownTokens;
  if (known === null || known.model !== model) return whole;
  return Math.min(whole, known.tokens + conversation.bytesSinceReply + NOTES_BOUND);
}

/** A note, and what the API puts around a request. */
const NOTES_BOUND = Buffer.byteLength(LAST_TURN) + REQUEST_OVERHEAD_TOKENS;

/** What a request has besides its messages: system, tools, notes, the API's own additions. */
export function besidesMessagesBound(definition: AgentDefinition): number {
  const hidden = definition.tools.length === 0 ? 0 : TOOLS_OVERHEAD_TOKENS;
  return definitionBytes(definition) + NOTES_BOUND + hidden;
}

/**
 * What one more turn of the least answer costs at its worst, as the conversation stands: whatever else is paid meanwhile
 * must leave it. From the conversation alone, so that a worker that takes a task up in the middle keeps as much.
 * `resultsToCome`: calls are still to be answered, and what they find is input, too.
 */
export function leastTurnNanoUsd(
  { state, conversation }: { state: TaskState; conversation: Conversation },
  price: Price,
  { resultsToCome }: { resultsToCome: boolean },
): number {
  const bound = inputTokensBound(conversation, state.submitted.definition, state.model);
  const inputTokens = bound + (resultsToCome ? RESERVE_GROWTH_TOKENS : 0);
  return worstCaseNanoUsd(price, { inputTokens, maxTokens: MIN_ANSWER_TOKENS });
}

/** The input that a last turn of the least answer can have: what is free pays for it, and the token limit allows it. */
export function lastTurnRoom({ state, price, freeNanoUsd }: TurnQuestion): number {
  const { limits } = state;
  const tokens = Math.max(0, limits.max_tokens - tokensUsed(state) - MIN_ANSWER_TOKENS);
  const free = freeNanoUsd ?? limits.max_cost_nano_usd - spentNanoUsd(state);
  return longestAffordable(tokens, free, (inputTokens) =>
    worstCaseNanoUsd(price, { inputTokens, maxTokens: MIN_ANSWER_TOKENS }),
  );
}

/** What the least first call of a task would cost at its worst, of the models it may use; 0 where none has a price. */
export function leastFirstCallNanoUsd(
  submitted: EventData<"task.submitted">,
  atMs: number,
  prices: Readonly<Record<string, Price>>,
): number {
  const { definition, model } = submitted;
  const bound = inputTokensBound(startConversation(submitted, true), definition, model);
  const models = [
    model,
    ...(definition.fallback ? [definition.fallback] : []),
    ...Object.values(definition.tiers ?? {}),
  ];
  const costs = models.flatMap((one) => {
    const price = priceOf(one, atMs, prices);
    return price === undefined
      ? []
      : [worstCaseNanoUsd(price, { inputTokens: bound, maxTokens: MIN_ANSWER_TOKENS })];
  });
  return costs.length === 0 ? 0 : Math.min(...costs);
}

/** From this share of a limit on, the journal says once that it is near. */
const WARN_FROM = 0.8;

export function limitWarnings(state: TaskState): (NewEvent & { type: "limit.warned" })[] {
  const { limits } = state;
  const used: [LimitReason, number, number][] = [
    ["budget_reached", spentNanoUsd(state), limits.max_cost_nano_usd],
    ["max_tokens", tokensUsed(state), limits.max_tokens],
    ["max_turns", state.turns, limits.max_turns],
    ["max_tool_calls", state.usage.tool_calls, limits.max_tool_calls],
  ];
  return used
    .filter(([limit, amount, most]) => most > 1 && amount >= most * WARN_FROM && !state.warned.has(limit))
    .map(([limit, amount, most]) => ({
      type: "limit.warned",
      data: { limit, message: `${Math.round((100 * amount) / most)} % of the limit is used` },
    }));
}

/** What an end user is told where a limit ended the task before the agent had said anything. */
export const EMPTY_HANDED =
  "This request could not be worked on within its limits, so there is no answer yet. Please try again later, or ask " +
  "for less at a time.";

/** What an end user is told. */
export const limitMessages: Readonly<Record<LimitReason, string>> = {
  budget_reached:
    "The budget for this task was used up before it was finished. This is what was found until then.",
  max_turns: "The task reached the number of turns it was allowed. This is what was found until then.",
  max_tool_calls: "The task used all the tool calls it was allowed. This is what was found until then.",
  max_tokens: "The task reached the amount of text it was allowed. This is what was found until then.",
  loop_detected: "The task had begun to run in circles and was ended. This is what was found until then.",
  deadline: "The time allowed for this task ran out before it was finished.",
};
