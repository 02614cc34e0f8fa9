// The endlessly curious mind: after each answer one more question, made of what that answer said (an order, then its
// customer, then that customer's orders of a category, then those since a day …), for ever and hardly ever the same
// one twice. It reads only; it ends where its tools are forbidden, and then answers with what it knows.

import { canonicalJson, isObject, type JsonObject, parseJson } from "../json.ts";
import type { RequestTool } from "../message-request.ts";
import { asksIn } from "./asks.ts";
import { propertiesOf } from "./choose-tools.ts";
import type { ConversationView, PastCall } from "./conversation-view.ts";
import { familiesOf, followUp } from "./families.ts";
import { fillArguments, PAGING, SIZE } from "./fill-arguments.ts";
import { conform, resolveSchema } from "./json-schema.ts";
import { effectOf, nameWords } from "./words.ts";

export type Question = {
  readonly tool: string;
  readonly input: JsonObject;
  /** What it is about: `category coffee`; undefined where it follows no lead. */
  readonly about: string | undefined;
};

/** A value that an answer named, and what it called it. */
type Lead = { readonly name: string; readonly value: string | number };

const MAX_LEADS = 400;
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;
const FROM_DAY = /^(?:from|since|after|start)/i;
const SEARCH = /^(?:q|query|search|question|topic|term|keywords?)$/i;
const TO_DAY = /^(?:to|until|till|before|end)/i;

/** undefined: there is no tool to ask. */
export function nextQuestion(view: ConversationView): Question | undefined {
  const readers = readersAmong(view.tools);
  const opening = openingQuestion(view, readers[0]);
  const last = view.calls.findLast(({ isError }) => !isError);
  if (opening === undefined || last === undefined) return opening;
  const asked = new Set(view.calls.map(({ tool, input }) => keyOf(tool, input)));
  const isNew = ({ tool, input }: Question) => !asked.has(keyOf(tool, input));
  const page = nextPage(last, readers);
  if (page !== undefined && isNew(page)) return page;

  const leads = leadsIn(parseJson(last.result) ?? last.result);
  const topics = readers.flatMap((tool) => topicsOf(tool, leads, baseInput(view, tool)));
  const turn = view.calls.length;
  // Another topic each time; within it the first question that was not asked yet.
  for (let step = 0; step < topics.length; step += 1) {
    const question = topics[(turn + step) % topics.length]?.find(isNew);
    if (question !== undefined) return question;
  }
  // Every single lead has been followed: two together, narrowed by the turn's number where nothing else is new.
  const pairs = topics.flatMap((topic, at) => crossed(topic, topics[(at + 1) % topics.length] ?? []));
  return pairs.find(isNew) ?? sized(opening, readers[0], turn) ?? opening;
}

/** The first question, which the task itself asks; also what a mind asks that is stuck. */
export function openingQuestion(
  view: ConversationView,
  reader: RequestTool | undefined = readersAmong(view.tools)[0],
): Question | undefined {
  if (reader === undefined) return undefined;
  return { tool: reader.name, input: baseInput(view, reader), about: undefined };
}

/** Tools that only read; where there are none, all of them. */
function readersAmong(tools: readonly RequestTool[]): readonly RequestTool[] {
  const readers = tools.filter(({ name }) => effectOf(name) === undefined);
  return readers.length > 0 ? readers : tools;
}

function baseInput(view: ConversationView, tool: RequestTool): JsonObject {
  const ask = asksIn(view.task)[0] ?? asksIn("again")[0];
  if (ask === undefined) return {};
  const { task, system } = view;
  return fillArguments(tool, { ask, task, system, isEffect: effectOf(tool.name) !== undefined });
}

function nextPage(last: PastCall, readers: readonly RequestTool[]): Question | undefined {
  const [family] = familiesOf([last]);
  const reader = readers.find(({ name }) => name === last.tool);
  const next = family === undefined ? undefined : followUp(family, reader);
  return next && { tool: next.name, input: next.input, about: "the next page" };
}

/** The questions that the leads allow, one topic for each property of the tool that takes any of them. */
function topicsOf(tool: RequestTool, leads: readonly Lead[], base: JsonObject): Question[][] {
  const root: JsonObject = tool.input_schema ?? {};
  const properties = Object.entries(propertiesOf(tool)).filter(([name]) => !PAGING.test(name));
  const topics = properties.map(([name, property]) => {
    const schema = resolveSchema(property, root);
    return leads.flatMap((lead): Question[] => {
      const value = isNamedAlike(name, lead) ? conform(lead.value, schema) : undefined;
      if (value === undefined) return [];
      const about = `${nameWords(name).join(" ")} ${value}`;
      return [{ tool: tool.name, input: { ...base, [name]: value }, about }];
    });
  });
  return topics.filter((topic) => topic.length > 0);
}

/** `customer_id` takes a `customer_id` or an `id`, `from` and `to` take a day, a search takes anything. */
function isNamedAlike(property: string, { name, value }: Lead): boolean {
  const wanted = nameWords(property).join("_");
  const given = nameWords(name).join("_");
  if (typeof value === "string" && ISO_DAY.test(value)) return FROM_DAY.test(wanted) || TO_DAY.test(wanted);
  if (SIZE.test(property)) return false;
  return given === wanted || (given === "id" && wanted.endsWith("_id")) || SEARCH.test(wanted);
}

function crossed(topic: readonly Question[], other: readonly Question[]): Question[] {
  return topic.flatMap((one) =>
    other.flatMap((two) =>
      one.tool === two.tool
        ? [{ tool: one.tool, input: { ...one.input, ...two.input }, about: `${one.about}, ${two.about}` }]
        : [],
    ),
  );
}

/** The same question for another number of answers. */
function sized(opening: Question, tool: RequestTool | undefined, turn: number): Question | undefined {
  if (tool === undefined) return undefined;
  const size = Object.entries(propertiesOf(tool)).find(([name]) => SIZE.test(name));
  if (size === undefined) return undefined;
  const value = conform(1 + (turn % 100), resolveSchema(size[1], tool.input_schema ?? {}));
  return { tool: opening.tool, input: { ...opening.input, [size[0]]: value }, about: undefined };
}

/** Short values anywhere in an answer, by the name they stand under, each once. */
function leadsIn(answer: unknown): Lead[] {
  const leads = new Map<string, Lead>();
  const pending: { name: string; value: unknown }[] = [{ name: "", value: answer }];
  for (let at = 0; at < pending.length && leads.size < MAX_LEADS && at < 10_000; at += 1) {
    const { name, value } = pending[at] ?? { name: "", value: undefined };
    if (Array.isArray(value)) for (const item of value) pending.push({ name, value: item });
    else if (isObject(value))
      for (const [key, member] of Object.entries(value)) pending.push({ name: key, value: member });
    else if ((typeof value === "string" && value !== "" && value.length <= 100) || typeof value === "number")
      leads.set(`${name} ${value}`, { name, value });
  }
  return [...leads.values()];
}

function keyOf(tool: string, input: unknown): string {
  return `${tool} ${canonicalJson(input)}`;
}
