// What an exchange is billed. "fair": as the API bills, what was sent and what was said until the end. "worst": the
// most that the API may bill for the same request, so that whoever promises never to overspend can be held to it:
//
//   - a token for every byte of text (or for `bytes_per_token` of them), and the API's own additions on top;
//   - nothing is ever read from the cache: a prompt with a breakpoint is written whole, at its dearest lifetime;
//   - every reply uses all of `max_tokens`, however little of it is seen;
//   - who goes away, or is cut off, pays in full. Free is only what is refused with a status below 500 or with 529.

import { z } from "zod";
import type { Ended } from "./delivery.ts";
import type { MessageRequest } from "./message-request.ts";
import { billedNanoUsd } from "./prices.ts";
import type { InputTokens, PromptCache } from "./prompt-cache.ts";
import { type PromptSegment, promptSegments, totalTokens } from "./prompt-segments.ts";
import type { ScriptedReply } from "./scenario.ts";
import { FOUR_CHARACTERS, type Tokenizer } from "./tokenizer.ts";

export const Billing = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("fair") }),
  z.strictObject({
    mode: z.literal("worst"),
    /** No tokenizer makes more than one of a byte of text. */
    bytes_per_token: z.number().min(1).max(8).default(1),
  }),
]);
export type Billing = z.infer<typeof Billing>;

export const FAIR: Billing = { mode: "fair" };

/** What the API adds and bills besides the text, at worst: around a request, around each message, for tools. */
const REQUEST_TOKENS = 16;
const MESSAGE_TOKENS = 4;
const TOOLS_TOKENS = 530;
/** The API calls its own count an estimate: at worst it is low by so much. */
const COUNT_IS_LOW_BY = 0.02;

export type Bill = {
  readonly model: string;
  readonly input: InputTokens;
  /** As the reply's usage tells it. */
  readonly outputTokens: number;
  readonly billing: Billing;
};

export function tokenizerOf(billing: Billing): Tokenizer {
  return billing.mode === "fair" ? FOUR_CHARACTERS : { unit: "byte", perToken: billing.bytes_per_token };
}

type CountedRequest = Pick<MessageRequest, "messages" | "tools">;

/** What POST /v1/messages/count_tokens answers. */
export function countedTokens(
  billing: Billing,
  request: Parameters<typeof promptSegments>[0],
): { segments: PromptSegment[]; tokens: number } {
  const segments = promptSegments(request, tokenizerOf(billing));
  const tokens = totalTokens(segments);
  if (billing.mode === "fair") return { segments, tokens };
  return { segments, tokens: Math.floor((tokens + addedTokens(request)) * (1 - COUNT_IS_LOW_BY)) };
}

/** What the exchange costs when it comes to its end; `saidTokens` are those of the visible reply. */
export function billFor(
  request: MessageRequest,
  said: { segments: readonly PromptSegment[]; saidTokens: number; scripted: ScriptedReply["usage"] },
  { billing, cache }: { billing: Billing; cache: Pick<PromptCache, "account"> | undefined },
): Bill {
  const { segments, saidTokens, scripted } = said;
  const input =
    billing.mode === "worst" ? worstInput(request, segments) : fairInput(request, segments, cache);
  const ownOutput = billing.mode === "worst" ? request.max_tokens : saidTokens;
  const scriptedWrite = scripted?.cache_creation_input_tokens;
  return {
    model: request.model,
    input: {
      uncached: scripted?.input_tokens ?? input.uncached,
      read: scripted?.cache_read_input_tokens ?? input.read,
      write5m: scriptedWrite ?? input.write5m,
      write1h: scriptedWrite === undefined ? input.write1h : 0,
    },
    outputTokens: Math.min(scripted?.output_tokens ?? ownOutput, request.max_tokens),
    billing,
  };
}

/** The output tokens that are billed now that it has ended so; undefined: nothing is, the input neither. */
export function chargedOutput({ billing, outputTokens }: Bill, ended: Ended): number | undefined {
  if (billing.mode === "fair")
    return ended.outcome === "completed" ? outputTokens : minimum(ended.outputTokens, outputTokens);
  const isRefused = ended.outputTokens === undefined && ended.status >= 400;
  return isRefused && (ended.status < 500 || ended.status === 529) ? undefined : outputTokens;
}

export function chargeNanoUsd({ model, input }: Bill, outputTokens: number): number {
  return billedNanoUsd(model, input, outputTokens);
}

function fairInput(
  { model }: MessageRequest,
  segments: readonly PromptSegment[],
  cache: Pick<PromptCache, "account"> | undefined,
): InputTokens {
  return cache?.account(model, segments) ?? onlyUncached(totalTokens(segments));
}

function worstInput(request: MessageRequest, segments: readonly PromptSegment[]): InputTokens {
  const tokens = totalTokens(segments) + addedTokens(request);
  const lives = new Set(segments.map(({ ttl }) => ttl));
  if (lives.has("1h")) return { ...onlyUncached(0), write1h: tokens };
  if (lives.has("5m")) return { ...onlyUncached(0), write5m: tokens };
  return onlyUncached(tokens);
}

function addedTokens({ messages, tools = [] }: CountedRequest): number {
  return REQUEST_TOKENS + MESSAGE_TOKENS * messages.length + (tools.length === 0 ? 0 : TOOLS_TOKENS);
}

function onlyUncached(uncached: number): InputTokens {
  return { uncached, read: 0, write5m: 0, write1h: 0 };
}

function minimum(a: number | undefined, b: number): number | undefined {
  return a === undefined ? undefined : Math.min(a, b);
}
