/**
 * The conversation with the model is a fold over the journal, as the task's state is: the messages to send, the
 * calls that still lack an answer, and how the last reply ended. Content blocks stay verbatim, for thinking
 * blocks are bound to their exact form.
 */
import {
  type ContentBlock,
  type Event,
  type EventData,
  isJudgement,
  type NewEvent,
  textOf,
} from "@pawl/protocol";
import { clearResults } from "./clear-results.ts";
import { blockBytes, type Message, messagesBytes, text } from "./message.ts";
import { replaceBySummary } from "./summarise.ts";
import { isThinking } from "./thinking.ts";

/** A call that the model asked for. `unfit`: its input is not what the model meant, and must not be run. */
export type ToolCall = {
  id: string;
  tool: string;
  input: unknown;
  started: boolean;
  unfit: "malformed" | "cut" | undefined;
  /** The same however often the call is repeated, and no other call's: ids of gateways may repeat. */
  key: string;
};

export type Conversation = {
  messages: Message[];
  /** Calls of the last reply, in its order, with their answers as they come in. */
  calls: { call: ToolCall; answer: ContentBlock | null }[];
  /**
   * How the last reply ended, whether it was the last that the limits allowed, and whether it left the model with
   * more to say: calls to be answered, a pause, a cut. null before the first reply.
   */
  lastReply: {
    stopReason: string;
    lastBecause: EventData<"model.requested">["last_because"];
    lastScope: EventData<"model.requested">["last_scope"];
    unfinished: boolean;
    /** A guard withheld it, and it is not to be written anew. */
    refused?: "guardrail_blocked" | "output_invalid";
  } | null;
  /** UTF-8 bytes added since the last reply (all of them where no count is known): with the reply's own usage they bound the next request's tokens. */
  bytesSinceReply: number;
  /** What the last reply says the conversation measured, itself included; null where it does not say. */
  knownTokens: { model: string; tokens: number } | null;
  /** UTF-8 bytes of all messages, and what they and the reply's tokens were when the last reply had come. */
  bytes: number;
  measured: { bytes: number; tokens: number } | null;
  /** Blocks of the first message that are the task itself: no summary replaces them. */
  taskBlocks: number;
  /** Which of them is its text. */
  textBlock: number;
  /** A summary that was written and does not yet stand in the place of what it sums up. */
  summary: { call: string; text: string } | null;
  request: EventData<"model.requested"> | null;
  /** Puts marks around what comes from outside. */
  frame: Frame;
};

export type Frame = (text: string, source: string) => string;
const unframed: Frame = (text) => text;

export const CONTINUE_CUT =
  "Your reply was cut off at its length limit. Continue exactly where it ended; do not repeat what you wrote.";
export const CONTINUE_RESUMED =
  "The task was stopped by a limit, which has been raised since. Take it up where it ended and finish it.";
export const LAST_TURN =
  "This is the last turn that the limits of this task allow. Use no more tools. Answer now, as completely as you " +
  "can, from what you know already, and say plainly what is missing.";

const LOOP_NOTES: Record<EventData<"loop.warned">["verdict"], string> = {
  warn:
    "Doing the same again will bring nothing new. Use what you have, try something different, or answer now and say " +
    "what could not be found.",
  block:
    "Such calls are not run again; you are given their earlier results instead. Answer now with what you know, or do " +
    "something different.",
  stop: "The task is ended for it.",
};

function loopNote({ verdict, evidence }: EventData<"loop.warned">): string {
  return `Note from the system that runs this task: it seems to run in circles. ${evidence.message} ${LOOP_NOTES[verdict]}`;
}

export function startConversation(
  submitted: EventData<"task.submitted">,
  shownInline: boolean,
  frame: Frame = unframed,
): Conversation {
  const conversation: Conversation = {
    messages: [],
    calls: [],
    lastReply: null,
    bytesSinceReply: 0,
    knownTokens: null,
    bytes: 0,
    measured: null,
    taskBlocks: 0,
    textBlock: 0,
    summary: null,
    request: null,
    frame,
  };
  const blocks = taskBlocks(submitted.input, shownInline, frame);
  say(conversation, blocks);
  conversation.taskBlocks = blocks.length;
  // Behind the documents that are shown inline, or before their list.
  conversation.textBlock = shownInline ? blocks.length - 1 : 0;
  return conversation;
}

/** Folds a whole journal. Documents are shown inline where no tool of the agent can read them. */
export function foldConversation(events: readonly Event[], frame?: Frame): Conversation {
  const [first, ...rest] = events;
  if (first?.type !== "task.submitted") throw new RangeError("a journal starts with task.submitted");
  const readable = first.data.definition.tools.some((tool) => tool.name === "read_document");
  const conversation = startConversation(first.data, !readable, frame);
  for (const event of rest) hear(conversation, event);
  return conversation;
}

/** Changes the conversation in place by one event. */
export function hear(conversation: Conversation, event: NewEvent): void {
  switch (event.type) {
    case "model.requested":
      conversation.request = event.data;
      break;
    case "model.responded":
      if (conversation.request !== null && isJudgement(conversation.request)) break;
      if (conversation.request?.purpose === "summary") hearSummary(conversation, event.data);
      else hearReply(conversation, event.data);
      break;
    case "context.cleared":
      show(conversation, clearResults(conversation.messages, event.data.calls));
      break;
    case "context.summarised":
      show(conversation, replaceBySummary(conversation, event.data));
      conversation.summary = null;
      break;
    case "tool.started":
      for (const { call } of conversation.calls) if (call.id === event.data.call) call.started = true;
      break;
    case "tool.completed":
      answer(conversation, event.data.call, shownToModel(event.data.content), false, event.data.blocked);
      break;
    case "tool.failed":
      answer(conversation, event.data.call, event.data.error.message, true, event.data.blocked);
      break;
    case "guardrail.flagged":
      hearGuard(conversation, event.data);
      break;
    case "loop.warned":
      say(conversation, [text(loopNote(event.data))]);
      break;
    case "task.resumed":
      if (event.data.because === "request" && unansweredCalls(conversation).length === 0) {
        if (conversation.messages.at(-1)?.role === "assistant") say(conversation, [text(CONTINUE_RESUMED)]);
        conversation.lastReply = null;
      } else if (event.data.because === "request" && conversation.lastReply !== null) {
        // The limit that made that turn the last was raised: its calls are answered like any others.
        conversation.lastReply.lastBecause = undefined;
      }
      break;
  }
}

export function unansweredCalls(conversation: Conversation): ToolCall[] {
  return conversation.calls.filter(({ answer }) => answer === null).map(({ call }) => call);
}

/** What is to be said once, before the model is asked again: the note of the last turn, or to go on. */
export function say(conversation: Conversation, blocks: ContentBlock[]): void {
  const last = conversation.messages.at(-1);
  if (last?.role === "user") last.content.push(...blocks);
  else conversation.messages.push({ role: "user", content: [...blocks] });
  for (const block of blocks) {
    const bytes = blockBytes(block);
    conversation.bytesSinceReply += bytes;
    conversation.bytes += bytes;
  }
}

/**
 * Shows the model other messages than before. What was taken away can only have lowered the count of tokens that is
 * known; what was put in its place is added to it.
 */
function show(conversation: Conversation, change: { messages: Message[]; addedBytes: number }): void {
  conversation.messages = change.messages;
  conversation.bytesSinceReply += change.addedBytes;
  conversation.bytes = messagesBytes(change.messages);
}

/** It answers nothing that the task asked: how the last reply ended stands as it was. */
function hearSummary(conversation: Conversation, reply: EventData<"model.responded">): void {
  conversation.summary = { call: reply.call, text: textOf(reply.content)?.trim() ?? "" };
}

function hearReply(conversation: Conversation, reply: EventData<"model.responded">): void {
  const { last_because: lastBecause, last_scope: lastScope } = conversation.request ?? {};
  if (lastBecause !== undefined) say(conversation, [text(LAST_TURN)]);
  const { usage } = reply;
  // The API takes back neither blank text nor an empty message.
  // Thinking is bound to the conversation before it, too: where that was cut for the call, it cannot be sent again.
  const cutForIt = conversation.request?.cut === true;
  const said = withoutRepeatedCalls(reply.content);
  const content = said.filter(
    (block) => !(block.type === "text" && isBlank(block.text)) && !(cutForIt && isThinking(block)),
  );
  if (content.length > 0) conversation.messages.push({ role: "assistant", content, model: reply.model });
  conversation.bytes += messagesBytes([{ role: "assistant", content }]);
  const tokens =
    usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens + usage.output_tokens;
  // Nor does its usage measure what stands here, as none does that cannot be true.
  const unmeasured = cutForIt || reply.unconfirmed === true;
  conversation.bytesSinceReply = unmeasured ? conversation.bytes : 0;
  conversation.knownTokens = unmeasured ? null : { model: reply.model, tokens };
  conversation.measured = unmeasured ? null : { bytes: conversation.bytes, tokens };
  conversation.calls = said.flatMap((block) =>
    block.type === "tool_use" && typeof block.id === "string" && typeof block.name === "string"
      ? [{ call: toolCall(reply, block, block.id, block.name, block === reply.content.at(-1)), answer: null }]
      : [],
  );
  const cut = reply.stop_reason === "max_tokens";
  const unfinished = conversation.calls.length > 0 || cut || reply.stop_reason === "pause_turn";
  conversation.lastReply = { stopReason: reply.stop_reason, lastBecause, lastScope, unfinished };
  if (cut && conversation.calls.length === 0 && lastBecause === undefined)
    say(conversation, [text(CONTINUE_CUT)]);
}

/** An id names one call: a second one of it could never be answered apart, and the API would not take it back. */
function withoutRepeatedCalls(content: readonly ContentBlock[]): ContentBlock[] {
  const seen = new Set<unknown>();
  return content.filter((block) => {
    if (block.type !== "tool_use") return true;
    const isNew = !seen.has(block.id);
    seen.add(block.id);
    return isNew;
  });
}

function toolCall(
  reply: EventData<"model.responded">,
  block: ContentBlock,
  id: string,
  tool: string,
  isLast: boolean,
): ToolCall {
  const malformed = reply.malformed_calls?.includes(id) ?? false;
  // A reply that was cut at its length may have lost some of its last call's input, and still read well.
  const cut = isLast && reply.stop_reason === "max_tokens";
  const unfit = cut ? "cut" : malformed ? "malformed" : undefined;
  return { id, tool, input: block.input, started: false, unfit, key: `${reply.call}.${id}` };
}

function isBlank(value: unknown): boolean {
  return typeof value === "string" && value.trim() === "";
}

function hearGuard(
  conversation: Conversation,
  { direction, call, text: instead, repair, ends }: EventData<"guardrail.flagged">,
): void {
  if (direction === "input" && instead !== undefined) replaceTask(conversation, instead);
  if (direction === "tool" && call !== undefined && instead !== undefined)
    replaceAnswer(conversation, call, instead);
  if (direction !== "output" || call !== undefined) return;
  if (repair !== undefined) {
    say(conversation, [text(repair)]);
    conversation.lastReply = null;
  } else if (ends !== undefined && conversation.lastReply !== null) conversation.lastReply.refused = ends;
}

/** The task as its guard left it. */
function replaceTask(conversation: Conversation, instead: string): void {
  const [first] = conversation.messages;
  if (first !== undefined) replaceBlock(conversation, first.content, conversation.textBlock, text(instead));
}

/** An answer that was heard, and that others judged since, before the model saw it. */
function replaceAnswer(conversation: Conversation, callId: string, instead: string): void {
  const open = conversation.calls.find(({ call }) => call.id === callId);
  if (open?.answer) {
    open.answer = { ...open.answer, content: conversation.frame(instead, open.call.tool) };
    return;
  }
  const content = conversation.messages.at(-1)?.content ?? [];
  const at = content.findIndex(({ type, tool_use_id }) => type === "tool_result" && tool_use_id === callId);
  const block = content[at];
  if (block !== undefined)
    replaceBlock(conversation, content, at, { ...block, content: conversation.frame(instead, "tool") });
}

function replaceBlock(
  conversation: Conversation,
  content: ContentBlock[],
  at: number,
  block: ContentBlock,
): void {
  const before = content[at];
  content[at] = block;
  const grown = blockBytes(block) - (before === undefined ? 0 : blockBytes(before));
  conversation.bytes += grown;
  conversation.bytesSinceReply += grown;
}

/** Answers go to the model in one message, in the order of the calls, once the last of them is there. */
function answer(
  conversation: Conversation,
  callId: string,
  content: string,
  isError: boolean,
  blocked: EventData<"tool.completed">["blocked"],
): void {
  const entry = conversation.calls.find(({ call }) => call.id === callId);
  if (entry === undefined || entry.answer !== null) return;
  const framed = conversation.frame(content, entry.call.tool);
  entry.answer = {
    type: "tool_result",
    tool_use_id: callId,
    content: (blocked === undefined ? "" : notRunAgain(blocked.answered_in_turn)) + framed,
    ...(isError ? { is_error: true } : {}),
  };
  if (unansweredCalls(conversation).length > 0) return;
  say(
    conversation,
    conversation.calls.flatMap(({ answer }) => (answer === null ? [] : [answer])),
  );
  conversation.calls = [];
}

function notRunAgain(turn: number): string {
  return `[Not run again, since it only repeats a call. This is what that call returned in turn ${turn}:]\n`;
}

/** The journal keeps a tool's answer whole, for people; the model pays for every character, on every turn. */
const SHOWN_CHARS = 32_000;

function shownToModel(content: string): string {
  if (content.length <= SHOWN_CHARS) return content;
  const cut = content.length - SHOWN_CHARS;
  const half = SHOWN_CHARS / 2;
  const mark = `\n\n[… ${cut} characters are cut here. Ask for less at a time to see them. …]\n\n`;
  // Half a character at either edge would be no Unicode.
  return (content.slice(0, half) + mark + content.slice(-half)).toWellFormed();
}

function taskBlocks(
  input: EventData<"task.submitted">["input"],
  inline: boolean,
  frame: Frame,
): ContentBlock[] {
  if (input.documents.length === 0) return [text(input.text)];
  if (inline) {
    const documents = input.documents.map(({ name, text: body }) =>
      text(`Document ${JSON.stringify(name)}, sent with the task:\n\n${frame(body, "document")}`),
    );
    return [...documents, text(input.text)];
  }
  const list = input.documents
    .map(({ name, text: body }) => `- ${JSON.stringify(name)} (${body.length} characters)`)
    .join("\n");
  return [text(input.text), text(`Documents sent with the task; read them with read_document:\n${list}`)];
}
