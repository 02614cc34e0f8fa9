/**
 * What tools answered long ago is the bulk of a long conversation and the least of its use. It goes first, and much
 * of it at once: each change of the past makes the provider read the rest anew. The calls themselves stay, so the
 * model knows what it did; the newest answers stay whole.
 */
import type { ContentBlock } from "@pawl/protocol";
import { blockBytes, type Message, messagesBytes } from "./message.ts";
import { withoutThinking } from "./thinking.ts";

/** Answers of the last so many turns are never taken away. */
export const KEPT_TURNS = 3;
/** Less is not worth the mark in its place. */
const LEAST_FREED_BYTES = 256;

export type Result = { message: number; place: number; call: string; freedBytes: number };

/** What may be cleared before the message `until`, the oldest and largest first. */
export function clearableResults(messages: readonly Message[], until: number): Result[] {
  const results = messages.slice(0, until).flatMap(({ content }, message) =>
    content.flatMap((block, place): Result[] => {
      if (block.type !== "tool_result" || typeof block.tool_use_id !== "string" || isCleared(block))
        return [];
      const freedBytes = blockBytes(block) - blockBytes(cleared(block));
      return freedBytes < LEAST_FREED_BYTES ? [] : [{ message, place, call: block.tool_use_id, freedBytes }];
    }),
  );
  const weight = ({ message, freedBytes }: Result) => freedBytes * (until - message);
  return results.sort((a, b) => weight(b) - weight(a) || a.message - b.message || a.place - b.place);
}

/** The index of the first message whose answers are kept: that of the last but two turns with answers. */
export function firstKeptResults(messages: readonly Message[]): number {
  let turns = 0;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    if (messages[index]?.content.some(({ type }) => type === "tool_result")) turns += 1;
    if (turns === KEPT_TURNS) return index;
  }
  return 0;
}

/** The conversation with marks in place of these calls' answers: of each, the first that is still whole. */
export function clearResults(
  messages: readonly Message[],
  calls: readonly string[],
): { messages: Message[]; addedBytes: number } {
  const open = new Map<string, number>();
  for (const call of calls) open.set(call, (open.get(call) ?? 0) + 1);
  let earliest = messages.length;
  const marks: ContentBlock[] = [];
  const changed = messages.map((message, index): Message => {
    if (!message.content.some((block) => isWholeResultOf(block, open))) return message;
    earliest = Math.min(earliest, index);
    const content = message.content.map((block) => {
      if (!isWholeResultOf(block, open)) return block;
      const call = String(block.tool_use_id);
      open.set(call, (open.get(call) ?? 0) - 1);
      const mark = cleared(block);
      marks.push(mark);
      return mark;
    });
    return { ...message, content };
  });
  return {
    messages: [...withoutThinking(changed, (_, index) => index > earliest)],
    addedBytes: messagesBytes([{ role: "user", content: marks }]),
  };
}

/** Says what is gone, so that the model neither takes it for the tool's answer nor makes it up. */
export function cleared(block: ContentBlock): ContentBlock {
  const length = typeof block.content === "string" ? block.content.length : 0;
  const mark = `[Removed to make room: an answer of ${length} characters. If you need it again and the call changes nothing, repeat it.]`;
  return { ...block, content: mark };
}

/** The mark and nothing else: a tool's answer may begin like it. */
const MARK =
  /^\[Removed to make room: an answer of \d+ characters\. If you need it again and the call changes nothing, repeat it\.\]$/;

function isCleared({ content }: ContentBlock): boolean {
  return typeof content === "string" && MARK.test(content);
}

function isWholeResultOf(block: ContentBlock, open: ReadonlyMap<string, number>): boolean {
  if (block.type !== "tool_result" || typeof block.tool_use_id !== "string") return false;
  return !isCleared(block) && (open.get(block.tool_use_id) ?? 0) > 0;
}
