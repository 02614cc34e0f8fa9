/**
 * The last turn is paid from what was kept for it, and the conversation may have grown beyond that since. It is cut
 * until its bound fits: thinking and the oldest and largest answers of tools first, then whole turns from the middle,
 * then the newest answers. The task's own words are never cut; what is left is a conversation that the API takes.
 */
import type { ContentBlock } from "@pawl/protocol";
import { clearableResults, cleared } from "./clear-results.ts";
import { type Message, messagesBytes, text } from "./message.ts";
import { withoutThinking } from "./thinking.ts";

export type LastTurnRoom = {
  /** What the money pays for, in tokens of input. */
  maxInputTokensBound: number;
  /** What the request has besides these messages, never low: system, tools, the note, the API's own additions. */
  besidesTokensBound: number;
};

export type FittedTurn = {
  messages: Message[];
  inputTokensBound: number;
  /** To be said in `model.requested`: what was sent is less than the conversation. */
  cut: boolean;
};

/** undefined: the task's own words and the room for them do not go together. The same input gives the same cut. */
export function fitLastTurn(
  messages: readonly Message[],
  { maxInputTokensBound, besidesTokensBound }: LastTurnRoom,
): FittedTurn | undefined {
  const maxBytes = maxInputTokensBound - besidesTokensBound;
  const fitted = (kept: readonly Message[], cut: boolean): FittedTurn => ({
    messages: [...kept],
    inputTokensBound: besidesTokensBound + messagesBytes(kept),
    cut,
  });
  if (messagesBytes(messages) <= maxBytes) return fitted(messages, false);
  const plain = withoutThinking(messages, () => true);
  const lastReply = plain.findLastIndex(({ role }) => role === "assistant");
  const cuts = [
    () => plain,
    () => withoutResults(plain, lastReply < 0 ? 0 : lastReply, maxBytes),
    () => withoutMiddle(withoutResults(plain, Math.max(0, lastReply), 0), maxBytes),
    () => withoutMiddle(withoutResults(plain, plain.length, maxBytes), maxBytes),
    () => withoutMiddle(withoutResults(plain, plain.length, 0), maxBytes),
    () => onlyTheTask(plain),
  ];
  for (const cut of cuts) {
    const kept = cut();
    if (messagesBytes(kept) <= maxBytes) return fitted(kept, true);
  }
  return undefined;
}

/** Marks in place of answers before the message `until`, as many as it takes to come down to `maxBytes`. */
function withoutResults(messages: readonly Message[], until: number, maxBytes: number): readonly Message[] {
  let excess = messagesBytes(messages) - maxBytes;
  const kept = messages.map((message) => ({ ...message, content: [...message.content] }));
  for (const { message, place, freedBytes } of clearableResults(messages, until)) {
    if (excess <= 0) break;
    const content = kept[message]?.content;
    const block = content?.[place];
    if (content === undefined || block === undefined) continue;
    content[place] = cleared(block);
    excess -= freedBytes;
  }
  return kept;
}

/** Whole turns, the oldest first: a reply with what was said to it. The last turn stays. */
function withoutMiddle(messages: readonly Message[], maxBytes: number): readonly Message[] {
  const [first, ...turns] = messages;
  if (first === undefined) return messages;
  const opening = withBlock(first, text(GONE));
  let bytes = messagesBytes([opening, ...turns]);
  let from = 0;
  while (bytes > maxBytes) {
    const next = turns.findIndex(({ role }, index) => index > from && role === "assistant");
    if (next < 0) break;
    bytes -= messagesBytes(turns.slice(from, next));
    from = next;
  }
  return from === 0 ? messages : [opening, ...turns.slice(from)];
}

function onlyTheTask([first]: readonly Message[]): readonly Message[] {
  return first === undefined ? [] : [withBlock(first, text(GONE))];
}

function withBlock(message: Message, block: ContentBlock): Message {
  return { ...message, content: [...message.content, block] };
}

const GONE = "[What was done and found first is left out here for want of room.]";
