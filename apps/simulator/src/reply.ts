// From what is to be said to a finished message: ids, the cut at max_tokens and at stop sequences, and the tokens.

import type { ScriptedBlock } from "./scenario.ts";
import { beginning, lengthOf, type Tokenizer, tokensOfLength } from "./tokenizer.ts";

/** A block with its place in the message known; `json` is the text a stream sends for a tool's input. */
export type FinishedBlock =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | {
      readonly type: "tool_use";
      readonly id: string;
      readonly name: string;
      readonly input: unknown;
      readonly json: string;
    };

export type FinishedReply = {
  readonly blocks: readonly FinishedBlock[];
  /** Of each block. */
  readonly blockTokens: readonly number[];
  readonly stopReason: string;
  readonly stopSequence: string | null;
  /** At least 1, as the API counts an empty reply, and never more than max_tokens. */
  readonly outputTokens: number;
};

export type ReplyLimits = {
  readonly maxTokens: number;
  readonly stopSequences: readonly string[];
  readonly tokenizer: Tokenizer;
  /** Given to the blocks in turn; every call must return an id that was never used. */
  readonly nextToolUseId: () => string;
};

export function finishReply(
  said: readonly ScriptedBlock[],
  stopReason: string | undefined,
  limits: ReplyLimits,
): FinishedReply {
  const { tokenizer } = limits;
  const blocks: FinishedBlock[] = [];
  let left = limits.maxTokens;
  let end: { reason: string; sequence: string | null } | undefined;
  for (const block of said) {
    if (end !== undefined) break;
    const stopped = stopReason === undefined ? untilStopSequence(block, limits.stopSequences) : undefined;
    const whole = asFinished(stopped?.block ?? block, limits.nextToolUseId);
    if (stopped !== undefined) end = { reason: "stop_sequence", sequence: stopped.sequence };
    const fitting = fit(whole, left, tokenizer);
    if (fitting !== whole) end = { reason: "max_tokens", sequence: null };
    if (fitting === undefined) break;
    blocks.push(fitting);
    left -= tokensOf(fitting, tokenizer);
  }
  // The API never cuts a first block away whole: with max_tokens 1 there is still a token.
  if (blocks.length === 0 && said.length > 0) blocks.push({ type: "text", text: "…" });
  const blockTokens = blocks.map((block) => tokensOf(block, tokenizer));
  const outputTokens = blockTokens.reduce((sum, tokens) => sum + tokens, 0);
  return {
    blocks,
    blockTokens,
    stopReason:
      end?.reason ?? stopReason ?? (blocks.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn"),
    stopSequence: end?.sequence ?? null,
    outputTokens: Math.min(Math.max(1, outputTokens), limits.maxTokens),
  };
}

/** Spoils the first tool call for good: what follows can never complete it to valid JSON. */
export function malformToolInput(reply: FinishedReply): FinishedReply {
  const first = reply.blocks.findIndex(({ type }) => type === "tool_use");
  const blocks = reply.blocks.map((block, index) => {
    if (block.type !== "tool_use" || index !== first) return block;
    const json = `${block.json.slice(0, Math.max(1, Math.floor(block.json.length / 2)))}"\\x unfinished`;
    return { ...block, json, input: json };
  });
  return { ...reply, blocks };
}

function tokensOf(block: FinishedBlock, tokenizer: Tokenizer): number {
  if (block.type === "text") return tokensOfLength(lengthOf(block.text, tokenizer), tokenizer);
  if (block.type === "thinking") return tokensOfLength(lengthOf(block.thinking, tokenizer), tokenizer);
  return tokensOfLength(lengthOf(block.name, tokenizer) + lengthOf(block.json, tokenizer), tokenizer);
}

function asFinished(block: ScriptedBlock, nextToolUseId: () => string): FinishedBlock {
  if (block.type !== "tool_use") return block;
  const { id = nextToolUseId(), name, input } = block;
  return { type: "tool_use", id, name, input, json: JSON.stringify(input) };
}

/** The block itself where it fits, its beginning where some of it does, undefined where nothing does. */
function fit(block: FinishedBlock, tokens: number, tokenizer: Tokenizer): FinishedBlock | undefined {
  if (tokensOf(block, tokenizer) <= tokens) return block;
  if (tokens < 1) return undefined;
  const length = Math.floor(tokens * tokenizer.perToken);
  if (block.type === "text") return { ...block, text: beginning(block.text, length, tokenizer) };
  if (block.type === "thinking") return { ...block, thinking: beginning(block.thinking, length, tokenizer) };
  const nameLength = lengthOf(block.name, tokenizer);
  if (nameLength > length) return undefined;
  return { ...block, json: beginning(block.json, length - nameLength, tokenizer), input: {} };
}

function untilStopSequence(
  block: ScriptedBlock,
  sequences: readonly string[],
): { block: ScriptedBlock; sequence: string } | undefined {
  if (block.type !== "text") return undefined;
  let found: { at: number; sequence: string } | undefined;
  for (const sequence of sequences) {
    const at = sequence === "" ? -1 : block.text.indexOf(sequence);
    if (at >= 0 && (found === undefined || at < found.at)) found = { at, sequence };
  }
  return found && { block: { ...block, text: block.text.slice(0, found.at) }, sequence: found.sequence };
}
