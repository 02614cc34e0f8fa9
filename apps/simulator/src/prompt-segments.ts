// A prompt as the API caches it: tools, then system, then the blocks of the messages, in one row. Each segment knows
// its canonical text (for hashes) and its tokens. Counting is deterministic: the text that carries meaning, rounded up
// by segment, so never 0; an image or a binary document is 1,500.

import { canonicalJson, isObject } from "./json.ts";
import { remember } from "./memo.ts";
import type { CountRequest, MessageBlock, RequestTool } from "./message-request.ts";
import { lengthOf, type Tokenizer, tokensOfLength } from "./tokenizer.ts";

export type PromptSegment = {
  readonly canonical: string;
  readonly tokens: number;
  /** Set where a cache breakpoint stands at the segment's end. */
  readonly ttl: "5m" | "1h" | undefined;
};

const BINARY_TOKENS = 1_500;

export function promptSegments(request: CountRequest, tokenizer: Tokenizer): PromptSegment[] {
  const segments: PromptSegment[] = [];
  const push = (canonical: string, length: number, mark: CacheMark) => {
    const tokens = tokensOfLength(length, tokenizer);
    segments.push({ canonical, tokens, ttl: mark ? (mark.ttl ?? "5m") : undefined });
  };
  for (const tool of request.tools ?? []) {
    const { canonical, lengths } = readTool(tool);
    push(canonical, lengths[tokenizer.unit], tool.cache_control);
  }
  const system = asTextBlocks(request.system ?? []);
  for (const block of system) {
    push(`system:${canonicalJson(block)}`, lengthOf(block.text, tokenizer), block.cache_control);
  }
  for (const { role, content } of request.messages) {
    for (const block of typeof content === "string" ? asTextBlocks(content) : content) {
      push(`${role}:${canonicalJson(block)}`, blockLength(block, tokenizer), block.cache_control);
    }
  }
  const last = segments.at(-1);
  // `cache_control` at the top of a request marks the last block.
  if (last !== undefined && request.cache_control)
    segments[segments.length - 1] = { ...last, ttl: request.cache_control.ttl ?? "5m" };
  return segments;
}

const readTool = remember((tool: RequestTool) => {
  const schema = tool.input_schema === undefined ? "" : JSON.stringify(tool.input_schema);
  const text = `${tool.name}${tool.description ?? ""}${schema}`;
  const lengths = { character: text.length, byte: Buffer.byteLength(text) };
  return { canonical: `tool:${canonicalJson(tool)}`, lengths };
});

export function totalTokens(segments: readonly PromptSegment[]): number {
  return segments.reduce((sum, { tokens }) => sum + tokens, 0);
}

type CacheMark = { readonly ttl?: "5m" | "1h" | undefined } | null | undefined;

/** A string and one text block with that string are the same prompt. */
function asTextBlocks(content: string | readonly TextLike[]): readonly TextLike[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}
type TextLike = { readonly type: "text"; readonly text: string; readonly cache_control?: CacheMark };

function blockLength(block: MessageBlock | TextLike, tokenizer: Tokenizer): number {
  const length = (text: string) => lengthOf(text, tokenizer);
  const binary = BINARY_TOKENS * tokenizer.perToken;
  switch (block.type) {
    case "text":
      return length(block.text);
    case "tool_use":
      return length(block.name) + length(JSON.stringify(block.input));
    case "tool_result":
      if (block.content === undefined) return 0;
      if (typeof block.content === "string") return length(block.content);
      return block.content.reduce((sum, { text }) => sum + (text === undefined ? binary : length(text)), 0);
    case "image":
      return binary;
    case "document": {
      const source = block.source;
      const isText = isObject(source) && source.type === "text" && typeof source.data === "string";
      return isText ? length(String(source.data)) : binary;
    }
    default:
      return length(canonicalJson(block));
  }
}
