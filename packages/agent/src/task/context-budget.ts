/**
 * Keeps the conversation within the model's context window: old answers of tools are cleared first, then the turns
 * are summed up. What is decided here is journalled and folded, so that every worker shows the model the same.
 * Nothing is changed for little: each change costs the cached prefix behind it. Sizes here are estimates, measured by
 * what the last reply said the conversation came to; for money only bounds count, and none of these is one.
 */
import type { AgentDefinition, NewEvent } from "@pawl/protocol";
import { clearableResults, firstKeptResults } from "./clear-results.ts";
import { type Conversation, unansweredCalls } from "./conversation.ts";
import { definitionBytes, type Message, messagesBytes } from "./message.ts";
import { firstKeptTurn, SUMMARY_MAX_TOKENS, summarised, summaryMessages } from "./summarise.ts";

export type ContextQuestion = {
  conversation: Conversation;
  definition: AgentDefinition;
  /** Of the model that will be asked; see `contextWindowOf`. */
  contextWindowTokens: number;
  /** The bound that money is held for: where even it fits, nothing is measured. */
  inputTokensBound: number;
  /** The longest answer. */
  maxTokens: number;
};

export type ContextPlan =
  | { kind: "fits" }
  /** To be remembered; then the turn is planned anew. */
  | { kind: "change"; event: NewEvent & { type: "context.cleared" | "context.summarised" } }
  /**
   * A call with these messages, no tools and `purpose: "summary"` comes first; its answer may be so long. `addedBytes`
   * go on top of the turn's own bound.
   */
  | { kind: "summarise"; messages: Message[]; addedBytes: number; maxTokens: number };

/**
 * Shares of the room for input: from which on something is cleared, and down to what; from which on it is summed up,
 * and how much of it the request for that may take.
 */
const CLEAR_FROM = 0.7;
const CLEAR_DOWN_TO = 0.45;
const SUMMARISE_FROM = 0.85;
const SUMMARISE_WITHIN = 0.95;
/** Shares of the window: the least that a clearing and a summary must free; the most that is kept beside the latter. */
const CLEAR_AT_LEAST = 0.25;
const SUMMARISE_AT_LEAST = 0.15;
const KEPT_BESIDE_SUMMARY = 0.2;

export function planContext(question: ContextQuestion): ContextPlan {
  const { conversation, contextWindowTokens, inputTokensBound, maxTokens } = question;
  const room = Math.max(contextWindowTokens - maxTokens, contextWindowTokens / 2);
  if (conversation.summary !== null)
    return { kind: "change", event: takeSummary(question, conversation.summary) };
  if (inputTokensBound < CLEAR_FROM * room) return { kind: "fits" };
  if (unansweredCalls(conversation).length > 0) return { kind: "fits" };
  const tokens = estimatedTokens(question);
  if (tokens < CLEAR_FROM * room) return { kind: "fits" };
  const wanted = Math.max(tokens - CLEAR_DOWN_TO * room, CLEAR_AT_LEAST * contextWindowTokens);
  const event = clearing(question, wanted, CLEAR_AT_LEAST * contextWindowTokens);
  if (event !== undefined) return { kind: "change", event };
  if (tokens < SUMMARISE_FROM * room) return { kind: "fits" };
  return summarising(question);
}

function clearing(
  question: ContextQuestion,
  wantedTokens: number,
  leastTokens: number,
): (NewEvent & { type: "context.cleared" }) | undefined {
  const { messages } = question.conversation;
  const perByte = tokensPerByte(question);
  const calls: string[] = [];
  let freed = 0;
  for (const { call, freedBytes } of clearableResults(messages, firstKeptResults(messages))) {
    if (freed >= wantedTokens) break;
    calls.push(call);
    freed += freedBytes * perByte;
  }
  if (calls.length === 0 || freed < leastTokens) return undefined;
  return { type: "context.cleared", data: { calls, tokens_freed: Math.floor(freed) } };
}

function summarising(question: ContextQuestion): ContextPlan {
  const { conversation, contextWindowTokens, maxTokens } = question;
  const longest = Math.floor(Math.min(SUMMARY_MAX_TOKENS, maxTokens, contextWindowTokens / 8));
  // A conversation whose bulk is the task itself, or the newest turn, is not made shorter by this.
  if (replacedTokens(question) - longest < SUMMARISE_AT_LEAST * contextWindowTokens) return { kind: "fits" };
  const room = (contextWindowTokens - longest) * SUMMARISE_WITHIN;
  const maxBytes = room / tokensPerByte(question) - definitionBytes(question.definition);
  return { kind: "summarise", ...summaryMessages(conversation.messages, maxBytes), maxTokens: longest };
}

function takeSummary(question: ContextQuestion, summary: { call: string; text: string }) {
  const freed = replacedTokens(question) - Buffer.byteLength(summary.text) * tokensPerByte(question);
  return summarised(summary, firstKept(question) - 1, Math.max(0, Math.floor(freed)));
}

/** What a summary now would stand in for. */
function replacedTokens(question: ContextQuestion): number {
  const { messages, taskBlocks } = question.conversation;
  const [first] = messages;
  const extra = first === undefined ? [] : [{ ...first, content: first.content.slice(taskBlocks) }];
  const replaced = [...extra, ...messages.slice(1, firstKept(question))];
  return messagesBytes(replaced) * tokensPerByte(question);
}

function firstKept(question: ContextQuestion): number {
  const maxBytes = (KEPT_BESIDE_SUMMARY * question.contextWindowTokens) / tokensPerByte(question);
  return Math.max(1, firstKeptTurn(question.conversation.messages, maxBytes));
}

export function estimatedTokens(question: Pick<ContextQuestion, "conversation" | "definition">): number {
  return (definitionBytes(question.definition) + question.conversation.bytes) * tokensPerByte(question);
}

/** English measures a quarter, JSON a third, other scripts a half and more: unmeasured, it is rather too many. */
const UNMEASURED_TOKENS_PER_BYTE = 0.4;

function tokensPerByte({ conversation, definition }: Pick<ContextQuestion, "conversation" | "definition">) {
  const { measured } = conversation;
  if (measured === null || measured.tokens === 0) return UNMEASURED_TOKENS_PER_BYTE;
  return Math.min(1, Math.max(0.1, measured.tokens / (measured.bytes + definitionBytes(definition))));
}
