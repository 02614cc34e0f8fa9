// A tool's arguments from the words of the task, property by property: what the name, the format and the description
// ask for is looked up among the literal things of the clause first, of the whole task next, and for the person the
// task is about of the system prompt last. Optional ones stay away unless the task speaks of them.

import { isObject, type JsonObject } from "../json.ts";
import type { RequestTool } from "../message-request.ts";
import type { Ask } from "./asks.ts";
import { type Literal, propertiesOf } from "./choose-tools.ts";
import { type Features, featuresOf, personIn } from "./features.ts";
import { conform, fallbackValue, resolveSchema, typeOf } from "./json-schema.ts";
import { meanings, nameWords } from "./words.ts";

export type ArgumentSources = {
  readonly ask: Ask;
  readonly task: string;
  readonly system: string;
  /** The tool changes something: the rest of the sentence is about it, too. */
  readonly isEffect: boolean;
  readonly literal?: Literal | undefined;
  /** What earlier calls brought, in words, for a text that is to carry it. */
  readonly findings?: string | undefined;
};

type Wanted = {
  readonly name: string;
  readonly words: readonly string[];
  readonly schema: JsonObject;
  readonly isRequired: boolean;
  readonly isSoleText: boolean;
};

export const PAGING =
  /^(?:(?:next_?)?(?:cursor|offset|page|after)|page_?token|page_?number|start_?index|skip)$/i;
export const SIZE = /^(?:limit|page_?size|per_?page|max_?results|count|top|n)$/i;

export function fillArguments(tool: RequestTool, sources: ArgumentSources): JsonObject {
  const root: JsonObject = tool.input_schema ?? {};
  const required = new Set(Array.isArray(root.required) ? root.required : []);
  const entries = Object.entries(propertiesOf(tool));
  const all = featuresOf(sources.task);
  const filled: [string, unknown][] = [];
  for (const [name, property] of entries) {
    const schema = resolveSchema(property, root);
    const wanted = {
      name,
      words: nameWords(name),
      schema,
      isRequired: required.has(name),
      isSoleText: entries.length === 1,
    };
    const value = valueFor(wanted, sources, all, root);
    if (value !== undefined) filled.push([name, value]);
  }
  return Object.fromEntries(filled);
}

function valueFor(wanted: Wanted, sources: ArgumentSources, all: Features, root: JsonObject): unknown {
  const { schema, isRequired } = wanted;
  if (typeOf(schema) === "array") {
    const item = { ...wanted, schema: resolveSchema(schema.items, root) };
    const first = firstFitting(item, sources, all);
    if (first !== undefined) return [first];
  } else {
    const value = firstFitting(wanted, sources, all);
    if (value !== undefined) return value;
  }
  // A default is the tool's to apply, except where it must be said.
  return isRequired ? fallbackValue(schema, root, sources.ask.clause || "unknown") : undefined;
}

function firstFitting(wanted: Wanted, sources: ArgumentSources, all: Features): unknown {
  const candidates = candidatesFor(wanted, sources, all);
  for (const candidate of candidates) {
    const value = conform(candidate, wanted.schema);
    if (value !== undefined) return value;
  }
  // An address that the tool will refuse is still the one that was meant: another one must not be made up.
  const isAddress = wanted.schema.format === "email" || wanted.schema.format === "uri";
  return isAddress ? candidates.find((candidate) => candidate !== undefined) : undefined;
}

/** Best first; the first that fits the schema is taken. */
function candidatesFor(wanted: Wanted, sources: ArgumentSources, all: Features): readonly unknown[] {
  const { name, words, schema, isRequired } = wanted;
  const { ask, literal, task, isEffect } = sources;
  const { features } = ask;
  const has = (...names: string[]) => words.some((word) => names.includes(word));
  const format = schema.format;

  if (PAGING.test(name)) return isRequired ? [1, 0] : [];
  if (Array.isArray(schema.enum)) return mentionedMembers(schema.enum, isEffect ? ask.sentence : ask.clause);
  if (typeOf(schema) === "boolean") return [];
  if (SIZE.test(name))
    return numberBeside(/\b(?:first|last|top|latest|newest|up to|at most)\s+(\d{1,6})\b/i, ask.clause);
  if (typeOf(schema) === "integer" || typeOf(schema) === "number")
    return isRequired
      ? [...besideName(words, ask.sentence), ...features.numbers, ...all.numbers]
      : besideName(words, ask.sentence);

  if (format === "uri" || has("url", "uri", "link", "href"))
    return [of(literal, "url"), ...features.urls, ...all.urls];
  if (has("expression", "formula", "equation", "calculation"))
    return [of(literal, "expression"), ...features.expressions, ...all.expressions];
  if (literal !== undefined && wanted.isSoleText) return [literal.value];
  if (format === "email" || has("email", "recipient", "recipients"))
    return [...features.emails, ...all.emails];
  if (isDateLike(wanted)) return dateFor(words, ask.sentence, features.dates, all.dates);
  if (has("customer", "user", "client", "account") && !has("name", "message")) return personFor(sources);
  if (has("to") && features.emails.length > 0) return features.emails;
  if (has("id", "ids", "number", "reference", "sku"))
    return idFor(words, features.ids, all.ids, sources, isRequired);
  if (has("timezone", "zone", "tz"))
    return [/\b(?:[A-Z][a-z]+\/[A-Z][A-Za-z_]+(?:\/[A-Z][A-Za-z_]+)?|UTC)\b/.exec(task)?.[0]];
  if (has("name", "filename", "file", "path", "document") && (literal?.kind === "file" || isRequired))
    return [
      of(literal, "file"),
      ...features.files,
      ...all.files,
      ...features.quotes,
      namedDocument(ask.sentence),
    ];
  if (has("subject", "title", "headline")) return subjects(ask);
  if (
    has(
      "body",
      "message",
      "text",
      "content",
      "description",
      "details",
      "note",
      "comment",
      "reason",
      "summary",
    )
  )
    return isRequired ? bodies(sources) : [];
  if (has("query", "q", "search", "keywords", "keyword", "question", "term"))
    return isRequired
      ? [features.quotes[0], meanings(ask.clause).join(" "), ask.clause]
      : [features.quotes[0]];
  // An optional filter needs its name in the text: "color: red".
  const said = besideName(words, ask.sentence);
  return isRequired
    ? [...said, ...features.quotes, ...features.ids, ...features.dates, ...all.ids, ask.clause]
    : said;
}

function of(literal: Literal | undefined, kind: Literal["kind"]): string | undefined {
  return literal?.kind === kind ? literal.value : undefined;
}

function mentionedMembers(members: readonly unknown[], text: string): unknown[] {
  const said = new Set(meanings(text));
  return members.filter((member) => {
    const words = meanings(String(member).replace(/[_-]/g, " "));
    return words.length > 0 && words.every((word) => said.has(word));
  });
}

function numberBeside(pattern: RegExp, text: string): unknown[] {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? [] : [Number(found)];
}

/** "quantity 3", "quantity: 3", "colour is red". */
function besideName(words: readonly string[], text: string): unknown[] {
  const name = words.map((word) => word.replace(/[^\p{L}\p{N}]/gu, "")).join("[ _-]");
  const found = new RegExp(
    `\\b${name}\\s*(?:[:=]|\\bis\\b|\\bof\\b)?\\s*(?:["“'\`]([^"”'\`]{1,200})["”'\`]|(-?\\d[\\d.]*)|[:=]\\s*([\\w@.-]{1,100}))`,
    "iu",
  ).exec(text);
  return found === null ? [] : [found[1] ?? found[2] ?? found[3]];
}

function isDateLike({ words, schema }: Wanted): boolean {
  if (schema.format === "date" || schema.format === "date-time") return true;
  if (words.some((word) => ["date", "day", "since", "until", "before", "after"].includes(word))) return true;
  const bound = words.some((word) => ["from", "to", "start", "end"].includes(word));
  return bound && /\bday\b|\bdate\b|\d{4}/i.test(`${schema.description ?? ""} ${schema.pattern ?? ""}`);
}

/** The date after "since", "from", "until" …; a lone date belongs to whoever takes any. */
function dateFor(
  words: readonly string[],
  sentence: string,
  near: readonly string[],
  all: readonly string[],
): unknown[] {
  const isEnd = words.some((word) => ["to", "until", "end", "before"].includes(word));
  const isStart = words.some((word) => ["from", "since", "start", "after"].includes(word));
  const dates = near.length > 0 ? near : all;
  if (!isEnd && !isStart) return [...dates];
  const lead = isEnd ? "to|until|till|before|and|through" : "from|since|after|between|starting";
  const led = new RegExp(`\\b(?:${lead})\\s+(\\d{4}-\\d{2}-\\d{2}\\S{0,30})`, "i").exec(sentence)?.[1];
  return [led?.replace(/[.,;)]+$/, "")];
}

function personFor({ ask, task, system }: ArgumentSources): unknown[] {
  return [personIn(ask.sentence), personIn(task), personIn(system)];
}

/** `order_id` wants the id after "order", or one with a prefix like ORD-; other people's ids are not for it. */
function idFor(
  words: readonly string[],
  near: readonly string[],
  all: readonly string[],
  { ask, task, system }: ArgumentSources,
  isRequired: boolean,
): unknown[] {
  const noun = words.find((word) => !["id", "ids", "number", "reference"].includes(word));
  const person = personIn(task) ?? personIn(system);
  const others = [...near, ...all].filter((id) => id !== person);
  if (noun === undefined) return isRequired ? [...others, person] : near.filter((id) => id !== person);
  const named = new RegExp(
    `\\b${noun.replace(/[^\p{L}\p{N}]/gu, "")}s?\\s*(?:id|number|no\\.?|#)?\\s*[:#(]?\\s*([A-Za-z]{0,8}[-_]?\\d[\\w-]{0,40})`,
    "iu",
  );
  const prefixed = others.filter((id) =>
    id.toLowerCase().startsWith(noun.slice(0, id.search(/[-_]/)).toLowerCase()),
  );
  return [named.exec(ask.sentence)?.[1], named.exec(task)?.[1], ...prefixed, ...(isRequired ? others : [])];
}

function namedDocument(sentence: string): string | undefined {
  return /\b(?:document|file|attachment)s?\s+(?:named\s+|called\s+)?([\w.-]{2,120})/i.exec(sentence)?.[1];
}

const MAX_SUBJECT_CHARS = 80;

function subjects({ clause, sentence, features }: Ask): unknown[] {
  const quoted = /\b(?:subject|titled?|headline|called)\s*:?\s*["“'`]([^"”'`\n]{1,200})/i.exec(sentence)?.[1];
  const about = /\b(?:about|regarding|concerning|because|that)\s+([^\n]{3,300})/i.exec(clause)?.[1];
  const bare = clause.replace(/^\s*(?:and|then|also|please|\s)+\b/i, "").replace(/\s+to\s+\S+@\S+/, "");
  return [quoted, ...[about, features.quotes[0], bare, clause].map((text) => text && oneLine(text))];
}

function bodies({ ask: { sentence, features, stage }, findings }: ArgumentSources): unknown[] {
  const said =
    /\b(?:saying|says|body|message|text|with the words|tell(?:ing)? \w+)\s*:?\s*["“'`]([^\n]{1,2000}?)["”'`](?=$|[\s).,;!?])/i.exec(
      sentence,
    )?.[1];
  const unquoted = /\bsaying\s+(?:that\s+)?([^"“'`\n][^\n]{0,2000})/i.exec(sentence)?.[1];
  const carried =
    findings !== undefined &&
    (stage > 0 || /\b(?:summary|result|findings?|it|them|overview|answer)\b/i.test(sentence));
  return [said, unquoted, ...(carried ? [findings] : []), features.quotes.at(-1), sentence];
}

function oneLine(text: string): string {
  const line = text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[.!?]+$/, "");
  return line.length <= MAX_SUBJECT_CHARS ? line : `${line.slice(0, MAX_SUBJECT_CHARS - 1)}…`;
}

/** For a reply that must be JSON (`output_config.format`): the schema's required members, the text where one fits. */
export function fillOutput(schema: unknown, text: string): string {
  const root = isObject(schema) ? schema : {};
  return JSON.stringify(fallbackValue(resolveSchema(root, root), root, text));
}
