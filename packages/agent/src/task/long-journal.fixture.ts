/** Journals of long tasks: turns of calls and their answers, with a usage that a tokenizer of four bytes would report. */
import type { AgentDefinition, Event, EventData, NewEvent } from "@pawl/protocol";
import { foldConversation, hear } from "./conversation.ts";
import { type Message, messagesBytes } from "./message.ts";
import { MODEL, NOW_MS, submittedEvent } from "./task-run.fixture.ts";

export type Journal = {
  events: Event[];
  definition: AgentDefinition;
  append(event: NewEvent): void;
};

export function journalOf(input: string): Journal {
  const first = submittedEvent([], { input: { text: input, documents: [] } });
  if (first.type !== "task.submitted") throw new Error("unreachable");
  const events: Event[] = [first];
  const conversation = foldConversation(events);
  const journal: Journal = {
    events,
    definition: first.data.definition,
    append(event) {
      events.push({ ...event, seq: events.length + 1, at: NOW_MS, attempt: 1 });
      hear(conversation, event);
      sizes.set(journal, Math.ceil(messagesBytes(conversation.messages) / 4) + 50);
    },
  };
  sizes.set(journal, Math.ceil(messagesBytes(conversation.messages) / 4) + 50);
  return journal;
}

/** Tokens of the conversation so far. */
const sizes = new WeakMap<Journal, number>();

export type TurnWords = {
  text?: string;
  /** Of the calls, before the number of each; else they are numbered by turn. */
  id?: string;
  model?: string;
  requested?: Partial<EventData<"model.requested">>;
};

/** One turn with a call for each size, all of them answered with so many bytes. */
export function callTurn(journal: Journal, answerBytes: readonly number[], words: TurnWords = {}): void {
  const turn = journal.events.filter(({ type }) => type === "model.requested").length + 1;
  const calls = answerBytes.map((bytes, n) => ({ id: `${words.id ?? `c${turn}`}_${n}`, bytes }));
  const model = words.model ?? MODEL;
  request(journal, turn, model, words.requested);
  reply(journal, turn, model, [
    { type: "thinking", thinking: "hm", signature: `sig-${turn}` },
    { type: "text", text: words.text?.trim() || "I look." },
    ...calls.map(({ id }) => ({ type: "tool_use", id, name: "look", input: { x: turn } })),
  ]);
  for (const { id, bytes } of calls) {
    const content = `${turn} `.repeat(bytes).slice(0, bytes);
    journal.append({ type: "tool.completed", data: { call: id, tool: "look", content, duration_ms: 1 } });
  }
}

/** The call that sums up, and what it said. */
export function summaryTurn(journal: Journal, text: string): void {
  const turn = journal.events.filter(({ type }) => type === "model.requested").length + 1;
  request(journal, turn, MODEL, { purpose: "summary" });
  reply(journal, turn, MODEL, [{ type: "text", text }]);
}

function request(
  journal: Journal,
  turn: number,
  model: string,
  over: Partial<EventData<"model.requested">> = {},
): void {
  const data = { call: `m${turn}`, model, max_tokens: 100, input_tokens_bound: 1, held_nano_usd: 0, ...over };
  journal.append({ type: "model.requested", data });
}

function reply(
  journal: Journal,
  turn: number,
  model: string,
  content: EventData<"model.responded">["content"],
): void {
  const usage = {
    input_tokens: sizes.get(journal) ?? 0,
    output_tokens: Math.ceil(messagesBytes([{ role: "assistant", content }]) / 4),
    cache_read_tokens: 0,
    cache_write_tokens: 0,
  };
  const stop_reason = content.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn";
  const message_id = `msg_${turn}`;
  const data = {
    call: `m${turn}`,
    model,
    message_id,
    content,
    stop_reason,
    usage,
    cost_nano_usd: 0,
    duration_ms: 1,
  };
  journal.append({ type: "model.responded", data });
}

/** As the simulator reads a request's messages: it says what the API would refuse. */
export function sendable(messages: readonly Message[]) {
  return messages.map(({ role, content }) => ({ role, content: content as never[] }));
}
