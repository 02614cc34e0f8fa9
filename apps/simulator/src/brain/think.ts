// The minds of the simulator. Each is a function of the request and of nothing else: asked twice, it says the same.

import { isObject, type JsonObject, parseJson } from "../json.ts";
import type { MessageRequest } from "../message-request.ts";
import type { ScriptedBlock } from "../scenario.ts";
import { asksIn } from "./asks.ts";
import type { BrainName } from "./brain-names.ts";
import { propertiesOf } from "./choose-tools.ts";
import { composeAnswer, SIGNATURE } from "./compose-answer.ts";
import { type ConversationView, viewOf } from "./conversation-view.ts";
import { familiesOf } from "./families.ts";
import { fillArguments, fillOutput } from "./fill-arguments.ts";
import { planNext } from "./plan.ts";
import { effectOf } from "./words.ts";

export function think(name: BrainName, request: MessageRequest): readonly ScriptedBlock[] {
  const view = viewOf(request);
  switch (name) {
    case "echo":
      return [text(view.task === "" ? SIGNATURE : view.task)];
    case "curious":
      return curious(view);
    case "looping":
      return looping(view);
    case "brain":
      return sensible(view, request);
  }
}

/** Calls what the task asks for, page by page, then answers from what came back. */
function sensible(view: ConversationView, request: MessageRequest): readonly ScriptedBlock[] {
  const { calls, families } = planNext(view);
  if (calls.length > 0) {
    const names = [...new Set(calls.map(({ name }) => name))].join(", ");
    return [text(`I will use ${names}.`), ...calls.map(({ name, input }) => call(name, input))];
  }
  const undone = view.mayUseTools ? [] : undoneIn(view, request);
  const answer = composeAnswer({ task: view.task, documents: view.documents, families, undone });
  const format = request.output_config?.format;
  if (isObject(format) && format.type === "json_schema") return [text(fillOutput(format.schema, answer))];
  if (view.saidSoFar === "" || !answer.startsWith(view.saidSoFar)) return [text(answer)];
  // Cut before: go on where it ended.
  const rest = answer.slice(view.saidSoFar.length);
  return [text(rest === "" ? "That is all." : rest)];
}

/** With the tools forbidden (tool_choice none): which ones the task would still have called for. */
function undoneIn(view: ConversationView, request: MessageRequest): string[] {
  const { calls } = planNext({
    ...view,
    tools: (request.tools ?? []).filter((tool) => (tool.type ?? "custom") === "custom"),
  });
  return [...new Set(calls.map(({ name }) => name))];
}

/** Never content: asks the first tool that only reads once more, with a value out of the last result. */
function curious(view: ConversationView): readonly ScriptedBlock[] {
  const asking = firstReader(view);
  if (asking === undefined) return [text(answerOf(view))];
  const { tool, input } = asking;
  const last = view.calls.at(-1);
  const turn = view.calls.length;
  const found = last === undefined ? undefined : wordIn(last.result);
  const varied = Object.entries(propertiesOf(tool)).find(
    ([, schema]) =>
      isObject(schema) &&
      schema.type === "string" &&
      !Array.isArray(schema.enum) &&
      schema.format === undefined,
  )?.[0];
  const next =
    varied === undefined || last === undefined ? input : { ...input, [varied]: `${found ?? "more"} ${turn}` };
  return [text("One more question before I answer."), call(tool.name, next)];
}

/** Stuck: the same call with the same arguments, for ever. */
function looping(view: ConversationView): readonly ScriptedBlock[] {
  const asking = firstReader(view);
  return asking === undefined ? [text(answerOf(view))] : [call(asking.tool.name, asking.input)];
}

function firstReader(view: ConversationView) {
  const tool = view.tools.find(({ name }) => effectOf(name) === undefined) ?? view.tools[0];
  const ask = asksIn(view.task)[0] ?? asksIn("again")[0];
  if (tool === undefined || ask === undefined) return undefined;
  return {
    tool,
    input: fillArguments(tool, {
      ask,
      task: view.task,
      system: view.system,
      isEffect: effectOf(tool.name) !== undefined,
    }),
  };
}

function answerOf(view: ConversationView): string {
  return composeAnswer({
    task: view.task,
    documents: view.documents,
    families: familiesOf(view.calls),
    undone: [],
  });
}

/** The first short text in a result. */
function wordIn(result: string): string | undefined {
  const pending: unknown[] = [parseJson(result) ?? result];
  for (let steps = 0; pending.length > 0 && steps < 1_000; steps += 1) {
    const value = pending.shift();
    if (typeof value === "string" && value !== "") return value.slice(0, 40);
    if (typeof value === "object" && value !== null) pending.push(...Object.values(value).slice(0, 50));
  }
  return undefined;
}

function text(value: string): ScriptedBlock {
  return { type: "text", text: value };
}

function call(name: string, input: JsonObject): ScriptedBlock {
  return { type: "tool_use", name, input: { ...input } };
}
