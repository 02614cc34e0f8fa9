// A request as a brain looks at it: what is asked now, which calls were made for it and what came back.

import type { MessageRequest, RequestTool } from "../message-request.ts";
import { resultText } from "../prompt-texts.ts";

export type PastCall = {
  readonly tool: string;
  readonly input: { readonly [name: string]: unknown };
  readonly result: string;
  readonly isError: boolean;
};

export type ConversationView = {
  readonly system: string;
  /** The user's words of this exchange, without the documents among them. */
  readonly task: string;
  readonly documents: readonly { readonly name: string; readonly text: string }[];
  /** Tools this side runs; empty where tool_choice forbids them. */
  readonly tools: readonly RequestTool[];
  /** A tool must be called: any (true) or this one. */
  readonly forced: boolean | string;
  readonly mayUseTools: boolean;
  readonly maxCallsAtOnce: number;
  /** Calls since this exchange began; before it, if it made none. */
  readonly calls: readonly PastCall[];
  /** What was said already since the last call, where the last reply was cut and is to go on. */
  readonly saidSoFar: string;
};

/** What a program adds, rather than a user: to go on after a cut, to end now. No new task. */
const NOTE =
  /^\s*(?:please\s+)?(?:continue|go on|carry on)\b|\bcut off\b|\btake it up where\b|\bthis is the last turn\b/i;
/** A document that was put into the prompt by its whole text. */
const INLINE_DOCUMENT =
  /^(?:Document|File|Attachment) ("(?:[^"\\]|\\.){1,1000}"|[\w. -]{1,200})[^\n]{0,80}:\n/;
/** Marks that a program puts around what comes from outside: a model reads what is between them. */
const FRAME =
  /^(?:\[[^\]\n]{0,200}\]\n)?<<<([A-Z-]{1,40}) (\S{8,64}) [^\n]{0,120}>>>\n([\s\S]*)\n<<<END \1 \2>>>$/;
const MAX_CALLS_AT_ONCE = 8;
const MAX_TASK_CHARS = 20_000;

function unframed(text: string): string {
  return FRAME.exec(text)?.[3] ?? text;
}

export function viewOf(request: MessageRequest): ConversationView {
  const { system = "", tools = [], tool_choice: choice = { type: "auto" } } = request;
  const mayUseTools = choice.type !== "none";
  const ours = tools.filter((tool) => (tool.type ?? "custom") === "custom");
  const documents: { name: string; text: string }[] = [];
  const results = new Map<string, { text: string; isError: boolean }>();
  let task: string[] = [];
  let wanted: { id: string; tool: string; input: PastCall["input"]; exchange: number }[] = [];
  let said: string[] = [];
  let exchange = 0;
  let isOpen = true; // whether the assistant still owes this exchange something

  for (const { role, content } of request.messages) {
    const blocks = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
    if (role === "assistant") {
      isOpen = blocks.some(({ type }) => type === "tool_use");
      if (isOpen) said = [];
      for (const block of blocks) {
        if (block.type === "text" && !isOpen) said.push(block.text);
        if (block.type === "tool_use")
          wanted.push({ id: block.id, tool: block.name, input: block.input, exchange });
      }
      continue;
    }
    if (role !== "user") continue;
    const words: string[] = [];
    for (const block of blocks) {
      if (block.type === "tool_result")
        results.set(block.tool_use_id, {
          text: unframed(resultText(block)),
          isError: block.is_error === true,
        });
      if (block.type !== "text") continue;
      const inline = INLINE_DOCUMENT.exec(block.text);
      if (inline === null) words.push(block.text);
      else
        documents.push({
          name: (inline[1] ?? "").replace(/^"|"$/g, ""),
          text: unframed(block.text.slice(inline[0].length).trim()),
        });
    }
    const fresh = words.filter((text) => !NOTE.test(text));
    if (fresh.length === 0) continue;
    if (!isOpen) {
      exchange += 1;
      task = [];
      said = [];
      isOpen = true;
    }
    // Later words of an open exchange are remarks on it (warnings, say): the task stays what it was.
    if (task.length === 0) task = fresh;
  }
  const ofThis = wanted.filter((call) => call.exchange === exchange);
  wanted = ofThis.length > 0 ? ofThis : wanted;
  const last = request.messages.at(-1);
  return {
    system: typeof system === "string" ? system : system.map(({ text }) => text).join("\n"),
    task: task.join("\n").slice(0, MAX_TASK_CHARS),
    documents,
    tools: mayUseTools ? ours : [],
    forced: choice.type === "any" ? true : choice.type === "tool" ? choice.name : false,
    mayUseTools,
    maxCallsAtOnce:
      "disable_parallel_tool_use" in choice && choice.disable_parallel_tool_use === true
        ? 1
        : MAX_CALLS_AT_ONCE,
    calls: wanted.flatMap(({ id, tool, input }) => {
      const result = results.get(id);
      return result === undefined ? [] : [{ tool, input, result: result.text, isError: result.isError }];
    }),
    saidSoFar: last?.role === "assistant" || said.length > 0 ? said.join("") : "",
  };
}
