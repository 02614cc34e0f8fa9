// A prompt as the API caches it: tools, then system, then the blocks of the messages, in one row. Each segment knows
// its canonical text (for hashes) and its tokens. Counting is deterministic: one token for every four characters
// (UTF-16 units) that carry meaning, rounded up by segment, so never 0; an image or a binary document is 1,500.

import { canonicalJson, isObject } from "./json.ts";
import { remember } from "./memo.ts";
import type { CountRequest, MessageBlock, RequestTool } from "./message-request.ts";

export type PromptSegment = {
  readonly canonical: string;
  readonly tokens: number;
  /** Set where a cache breakpoint stands at the segment's end. */
  readonly ttl: "5m" | "1h" | undefined;
};

const CHARS_PER_TOKEN = 4;
const BINARY_CHARS = 1_500 * CHARS_PER_TOKEN;

export function tokensOfChars(chars: number): number {
  return Math.max(1, Math.ceil(chars / CHARS_PER_TOKEN));
}

export function charsOfTokens(tokens: number): number {
  return tokens * CHARS_PER_TOKEN;
}

export function promptSegments(request: CountRequest): PromptSegment[] {
  const segments: PromptSegment[] = [];
  for (const tool of request.tools ?? []) {
    const { canonical, chars } = readTool(tool);
    segments.push(segment(canonical, chars, tool.cache_control));
  }
  const system = asTextBlocks(request.system ?? []);
  for (const block of system) {
    segments.push(segment(`system:${canonicalJson(block)}`, block.text.length, block.cache_control));
  }
  for (const { role, content } of request.messages) {
    for (const block of typeof content === "string" ? asTextBlocks(content) : content) {
      segments.push(segment(`${role}:${canonicalJson(block)}`, charsOf(block), block.cache_control));
    }
  }
  const last = segments.at(-1);
  // `cache_control` at the top of a request marks the last block.
  if (last !== undefined && request.cache_control)
    segments[segments.length - 1] = { ...last, ttl: request.cache_control.ttl ?? "5m" };
  return segments;
}

const readTool = remember((tool: RequestTool) => {
  const schemaChars = tool.input_schema === undefined ? 0 : JSON.stringify(tool.input_schema).length;
  const chars = tool.name.length + (tool.description?.length ?? 0) + schemaChars;
  return { canonical: `tool:${canonicalJson(tool)}`, chars };
});

export function totalTokens(segments: readonly PromptSegment[]): number {
  return segments.reduce((sum, { tokens }) => sum + tokens, 0);
}

type CacheMark = { readonly ttl?: "5m" | "1h" | undefined } | null | undefined;

function segment(canonical: string, chars: number, mark: CacheMark): PromptSegment {
  return { canonical, tokens: tokensOfChars(chars), ttl: mark ? (mark.ttl ?? "5m") : undefined };
}

/** A string and one text block with that string are the same prompt. */
function asTextBlocks(content: string | readonly TextLike[]): readonly TextLike[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}
type TextLike = { readonly type: "text"; readonly text: string; readonly cache_control?: CacheMark };

function charsOf(block: MessageBlock | TextLike): number {
  switch (block.type) {
    case "text":
      return block.text.length;
    case "tool_use":
      return block.name.length + JSON.stringify(block.input).length;
    case "tool_result":
      if (block.content === undefined) return 0;
      if (typeof block.content === "string") return block.content.length;
      return block.content.reduce((sum, inner) => sum + (inner.text?.length ?? BINARY_CHARS), 0);
    case "image":
      return BINARY_CHARS;
    case "document": {
      const source = block.source;
      const isText = isObject(source) && source.type === "text" && typeof source.data === "string";
      return isText ? String(source.data).length : BINARY_CHARS;
    }
    default:
      return canonicalJson(block).length;
  }
}
