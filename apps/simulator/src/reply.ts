// From what is to be said to a finished message: ids, the cut at max_tokens and at stop sequences, and the tokens.

import { charsOfTokens, tokensOfChars } from "./prompt-segments.ts";
import type { ScriptedBlock } from "./scenario.ts";

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
  readonly stopReason: string;
  readonly stopSequence: string | null;
  /** At least 1, as the API counts an empty reply, and never more than max_tokens. */
  readonly outputTokens: number;
};

export type ReplyLimits = {
  readonly maxTokens: number;
  readonly stopSequences: readonly string[];
  /** Given to the blocks in turn; every call must return an id that was never used. */
  readonly nextToolUseId: () => string;
};

export function finishReply(
  said: readonly ScriptedBlock[],
  stopReason: string | undefined,
  limits: ReplyLimits,
): FinishedReply {
  const blocks: FinishedBlock[] = [];
  let left = limits.maxTokens;
  let end: { reason: string; sequence: string | null } | undefined;
  for (const block of said) {
    if (end !== undefined) break;
    const stopped = stopReason === undefined ? untilStopSequence(block, limits.stopSequences) : undefined;
    const whole = asFinished(stopped?.block ?? block, limits.nextToolUseId);
    if (stopped !== undefined) end = { reason: "stop_sequence", sequence: stopped.sequence };
    const fitting = fit(whole, left);
    if (fitting !== whole) end = { reason: "max_tokens", sequence: null };
    if (fitting === undefined) break;
    blocks.push(fitting);
    left -= blockTokens(fitting);
  }
  // The API never cuts a first block away whole: with max_tokens 1 there is still a token.
  if (blocks.length === 0 && said.length > 0) blocks.push({ type: "text", text: "…" });
  const outputTokens = blocks.reduce((sum, block) => sum + blockTokens(block), 0);
  return {
    blocks,
    stopReason:
      end?.reason ?? stopReason ?? (blocks.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn"),
    stopSequence: end?.sequence ?? null,
    outputTokens: Math.max(1, outputTokens),
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

export function blockTokens(block: FinishedBlock): number {
  if (block.type === "text") return tokensOfChars(block.text.length);
  if (block.type === "thinking") return tokensOfChars(block.thinking.length);
  return tokensOfChars(block.name.length + block.json.length);
}

function asFinished(block: ScriptedBlock, nextToolUseId: () => string): FinishedBlock {
  if (block.type !== "tool_use") return block;
  const { id = nextToolUseId(), name, input } = block;
  return { type: "tool_use", id, name, input, json: JSON.stringify(input) };
}

/** The block itself where it fits, its beginning where some of it does, undefined where nothing does. */
function fit(block: FinishedBlock, tokens: number): FinishedBlock | undefined {
  if (blockTokens(block) <= tokens) return block;
  if (tokens < 1) return undefined;
  const chars = charsOfTokens(tokens);
  if (block.type === "text") return { ...block, text: head(block.text, chars) };
  if (block.type === "thinking") return { ...block, thinking: head(block.thinking, chars) };
  if (block.name.length > chars) return undefined;
  return { ...block, json: head(block.json, chars - block.name.length), input: {} };
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

/** Never half a surrogate pair. */
function head(value: string, chars: number): string {
  const cut = value.slice(0, chars);
  return cut.isWellFormed() || !value.isWellFormed() ? cut : cut.slice(0, -1);
}
