// The words in a prompt: all of them for matching a script, the two ends of the user's for the ledger.

import type { CountRequest, MessageBlock } from "./message-request.ts";

const MAX_END_CHARS = 200;

/** Every text a script's `contains` looks into. */
export function promptTexts({ system, messages }: CountRequest): string[] {
  const texts = typeof system === "string" ? [system] : (system ?? []).map(({ text }) => text);
  for (const { content } of messages) {
    if (typeof content === "string") texts.push(content);
    else for (const block of content) texts.push(...blockTexts(block));
  }
  return texts;
}

/** The first and the last text of the user; what tools returned is none. */
export function promptEnds({ messages }: CountRequest): { prompt_head: string; prompt_tail: string } {
  const texts = messages.flatMap(({ role, content }) => {
    if (role !== "user") return [];
    if (typeof content === "string") return [content];
    return content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  });
  return { prompt_head: detached(texts[0] ?? ""), prompt_tail: detached(texts.at(-1) ?? "") };
}

/** The text of a tool's result. */
export function resultText(block: Extract<MessageBlock, { type: "tool_result" }>): string {
  if (typeof block.content === "string") return block.content;
  return (block.content ?? []).flatMap(({ text }) => (text === undefined ? [] : [text])).join("\n");
}

function blockTexts(block: MessageBlock): string[] {
  if (block.type === "text") return [block.text];
  if (block.type === "tool_result") return [resultText(block)];
  if (block.type === "tool_use") return [JSON.stringify(block.input)];
  return [];
}

/** A copy: a slice of V8's would keep the whole prompt in memory for as long as the ledger keeps the slice. */
function detached(text: string): string {
  return Buffer.from(text.slice(0, MAX_END_CHARS)).toString();
}
