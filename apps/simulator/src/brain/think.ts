// The minds of the simulator. Each is a function of the request and of nothing else: asked twice, it says the same.

import { isObject, type JsonObject } from "../json.ts";
import type { MessageRequest } from "../message-request.ts";
import type { ScriptedBlock } from "../scenario.ts";
import type { BrainName } from "./brain-names.ts";
import { composeAnswer, SIGNATURE } from "./compose-answer.ts";
import { type ConversationView, viewOf } from "./conversation-view.ts";
import { nextQuestion, openingQuestion } from "./curious.ts";
import { familiesOf } from "./families.ts";
import { fillOutput } from "./fill-arguments.ts";
import { planNext } from "./plan.ts";

const MAX_TOLD = 3;

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

/** Never content: each answer raises one more question. */
function curious(view: ConversationView): readonly ScriptedBlock[] {
  const question = nextQuestion(view);
  if (question === undefined) return [text(briefAnswerOf(view))];
  const about = question.about === undefined ? "" : `: what about ${question.about}?`;
  return [text(`One more question before I answer${about || "."}`), call(question.tool, question.input)];
}

/** Stuck: the same call with the same arguments, for ever. */
function looping(view: ConversationView): readonly ScriptedBlock[] {
  const question = openingQuestion(view);
  return question === undefined ? [text(answerOf(view))] : [call(question.tool, question.input)];
}

/** Of hundreds of questions the first few say most; how many there were is said, too. */
function briefAnswerOf(view: ConversationView): string {
  const families = familiesOf(view.calls);
  if (families.length <= MAX_TOLD) return answerOf(view);
  const { task, documents } = view;
  const told = composeAnswer({ task, documents, families: families.slice(0, MAX_TOLD), undone: [] });
  return `I asked ${families.length} questions, and was not done. What the first ${MAX_TOLD} brought:\n\n${told}`;
}

function answerOf(view: ConversationView): string {
  return composeAnswer({
    task: view.task,
    documents: view.documents,
    families: familiesOf(view.calls),
    undone: [],
  });
}

function text(value: string): ScriptedBlock {
  return { type: "text", text: value };
}

function call(name: string, input: JsonObject): ScriptedBlock {
  return { type: "tool_use", name, input: { ...input } };
}
