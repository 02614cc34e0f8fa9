/** A message of the conversation as the Messages API takes it, and a bound on its size: a token is at least one byte. */
import type { ContentBlock } from "@pawl/protocol";

/** `model`: which one wrote it; its thinking means nothing to another. Missing where we wrote it. */
export type Message = { role: "user" | "assistant"; content: ContentBlock[]; model?: string };

/** What each block of a message costs beside its text: roles, separators, names. Generous. */
const BLOCK_OVERHEAD_BYTES = 32;

export function text(value: string): ContentBlock {
  return { type: "text", text: value };
}

/** UTF-8 bytes that no tokenizer makes more tokens of. */
export function blockBytes(block: ContentBlock): number {
  return Buffer.byteLength(JSON.stringify(block)) + BLOCK_OVERHEAD_BYTES;
}

export function messagesBytes(messages: readonly Message[]): number {
  let bytes = 0;
  for (const { content } of messages) for (const block of content) bytes += blockBytes(block);
  return bytes;
}
