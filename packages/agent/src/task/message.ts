/** A message of the conversation as the Messages API takes it, and a bound on its size: a token is at least one byte. */
import type { AgentDefinition, ContentBlock } from "@pawl/protocol";

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

/** A block at the conversation's end that is sent and not kept. */
export function withNote(messages: readonly Message[], note: ContentBlock): Message[] {
  const last = messages.at(-1);
  if (last?.role !== "user") return [...messages, { role: "user", content: [note] }];
  return [...messages.slice(0, -1), { ...last, content: [...last.content, note] }];
}

/** A definition is pinned: it is measured once for all turns of a run. */
const definitions = new WeakMap<AgentDefinition, number>();

/** UTF-8 bytes of what stands before every conversation: system and tools. */
export function definitionBytes(definition: AgentDefinition): number {
  const known = definitions.get(definition);
  if (known !== undefined) return known;
  const { system, tools } = definition;
  const bytes = Buffer.byteLength(JSON.stringify([system, tools]));
  definitions.set(definition, bytes);
  return bytes;
}
