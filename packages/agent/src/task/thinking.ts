/**
 * Thinking blocks are bound to the model that wrote them and to every word before them; the API refuses a request
 * that sends one back elsewhere or after another past, and takes the same request without it. So whoever changes the
 * past takes out the thinking that came after the change.
 */
import type { ContentBlock } from "@pawl/protocol";
import type { Message } from "./message.ts";

export function isThinking({ type }: ContentBlock): boolean {
  return type === "thinking" || type === "redacted_thinking";
}

/** The conversation as this model may be sent it: without what another one thought. The same array where nothing is. */
export function messagesFor(
  model: string,
  { messages }: { readonly messages: readonly Message[] },
): readonly Message[] {
  const isForeign = (message: Message) => message.model !== undefined && message.model !== model;
  return withoutThinking(messages, isForeign);
}

/** No message is left empty: one that was nothing but thinking goes, and its neighbours become one. */
export function withoutThinking(
  messages: readonly Message[],
  isMeant: (message: Message, index: number) => boolean,
): readonly Message[] {
  const isConcerned = (message: Message, index: number) =>
    message.content.some(isThinking) && isMeant(message, index);
  if (!messages.some(isConcerned)) return messages;
  const kept: Message[] = [];
  for (const [index, message] of messages.entries()) {
    const content = isConcerned(message, index)
      ? message.content.filter((block) => !isThinking(block))
      : message.content;
    const before = kept.at(-1);
    if (content.length === 0) continue;
    if (before !== undefined && before.role === message.role && message.role === "user")
      kept[kept.length - 1] = { ...before, content: [...before.content, ...content] };
    else kept.push({ ...message, content });
  }
  return kept;
}
