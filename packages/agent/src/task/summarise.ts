/**
 * Where clearing old answers is not enough, the model sums up what was done and found, and its summary stands in for
 * those turns. The task's own words stay as they are; so do the last turns, where they are short. A call and its
 * answer stay or go together.
 */
import type { EventData, NewEvent } from "@pawl/protocol";
import { clearableResults, cleared, KEPT_TURNS } from "./clear-results.ts";
import { blockBytes, type Message, messagesBytes, text, withNote } from "./message.ts";
import { withoutThinking } from "./thinking.ts";

/** A summary longer than this saves too little. */
export const SUMMARY_MAX_TOKENS = 4_096;

export const SUMMARISE =
  "This conversation is about to outgrow what you can be shown. Use no tools now. Write a summary that will stand in " +
  "its place, for yourself: what was asked is kept word for word, so leave it out. Say what was done and with what " +
  "effect, so that nothing is done twice; what was found, with the exact names, numbers and identifiers that are still " +
  "needed; what was decided and why; what failed; and what is left to do, in order. Write the summary and nothing else.";
const PREFACE = "Earlier turns of this task were replaced by your own summary of them, to make room:";
const NO_SUMMARY =
  "(No summary of them could be had. Find out again what you need, and do not repeat what changes anything without " +
  "checking first whether it was done.)";

/**
 * What the summary call is sent. `maxBytes`: of all messages; beyond it the oldest and largest answers are left out.
 * `addedBytes`: what it has that the conversation has not.
 */
export function summaryMessages(
  messages: readonly Message[],
  maxBytes: number,
): { messages: Message[]; addedBytes: number } {
  const note = text(SUMMARISE);
  const asked = withNote(messages, note);
  let addedBytes = blockBytes(note);
  let excess = messagesBytes(asked) - maxBytes;
  if (excess <= 0) return { messages: asked, addedBytes };
  const gone = new Map<number, Set<number>>();
  for (const { message, place, freedBytes } of clearableResults(asked, asked.length)) {
    if (excess <= 0) break;
    excess -= freedBytes;
    gone.set(message, (gone.get(message) ?? new Set()).add(place));
  }
  const cut = asked.map((message, index): Message => {
    const places = gone.get(index);
    if (places === undefined) return message;
    const content = message.content.map((block, place) => {
      if (!places.has(place)) return block;
      const mark = cleared(block);
      addedBytes += blockBytes(mark);
      return mark;
    });
    return { ...message, content };
  });
  return { messages: [...withoutThinking(cut, () => true)], addedBytes };
}

/** Where the turns begin that are kept beside the summary: at a reply, or at the end. */
export function firstKeptTurn(messages: readonly Message[], maxBytes: number): number {
  let kept = messages.length;
  let bytes = 0;
  let turns = 0;
  for (let index = messages.length - 1; index > 0 && turns < KEPT_TURNS; index -= 1) {
    const message = messages[index];
    if (message === undefined) break;
    bytes += messagesBytes([message]);
    if (bytes > maxBytes) break;
    if (message.role !== "assistant") continue;
    turns += 1;
    kept = index;
  }
  // Between replies that follow each other nothing was asked: they go together.
  while (kept < messages.length && messages[kept - 1]?.role === "assistant") kept += 1;
  return messages[kept]?.role === "assistant" ? kept : messages.length;
}

export function summarised(
  summary: { call: string; text: string },
  messages: number,
  tokensFreed: number,
): NewEvent & { type: "context.summarised" } {
  const written = summary.text === "" ? NO_SUMMARY : summary.text;
  return {
    type: "context.summarised",
    data: { call: summary.call, text: written, messages, tokens_freed: tokensFreed },
  };
}

export function replaceBySummary(
  { messages, taskBlocks }: { messages: readonly Message[]; taskBlocks: number },
  { text: written, messages: replaced }: EventData<"context.summarised">,
): { messages: Message[]; addedBytes: number } {
  const [first, ...rest] = messages;
  if (first === undefined) return { messages: [], addedBytes: 0 };
  const summary = text(`${PREFACE}\n\n${written}`);
  // What followed the task in its own message is an earlier summary or a note of ours: it is summed up, too.
  const opening: Message = { ...first, content: [...first.content.slice(0, taskBlocks), summary] };
  return {
    messages: [...withoutThinking([opening, ...rest.slice(replaced)], () => true)],
    addedBytes: messagesBytes([{ role: "user", content: [summary] }]),
  };
}
