// Which tools an ask calls for. Names weigh most, then what the schema takes (an address, a sum, a document), then the
// words of the description; a word that many tools share says little. A tool that has an effect is chosen only when
// the ask says so in words.

import { isObject } from "../json.ts";
import { remember } from "../memo.ts";
import type { RequestTool } from "../message-request.ts";
import type { Ask } from "./asks.ts";
import { asksFor, effectOf, meanings, nameWords, subjectOf } from "./words.ts";

/** A thing in the ask that is to be handed to the tool; one call for each. */
export type Literal = { readonly kind: "url" | "expression" | "file"; readonly value: string };
export type Choice = { readonly tool: RequestTool; readonly literal?: Literal };

export type Chooser = (ask: Ask) => Choice[];

const SUBJECT_WEIGHT = 3;
const ENOUGH = 2;
const MAX_LITERALS = 8;

type Profile = {
  readonly tool: RequestTool;
  readonly effect: ReadonlySet<string> | undefined;
  readonly subject: ReadonlySet<string>;
  readonly words: ReadonlySet<string>;
  readonly takes: ReadonlySet<Literal["kind"] | "email">;
};

/** The same tools come with every turn, so what their words mean is worked out once. */
export const toolChooser = remember(chooserOf);

function chooserOf(tools: readonly RequestTool[]): Chooser {
  const profiles = tools.map(profileOf);
  const rarity = (of: (profile: Profile) => ReadonlySet<string>, word: string) =>
    1 / Math.sqrt(Math.max(1, profiles.filter((profile) => of(profile).has(word)).length));

  /** 0 where nothing speaks for the tool. */
  const score = (profile: Profile, ask: Ask): number => {
    if (
      profile.effect !== undefined &&
      (!asksFor(profile.effect, ask.clause) || /^\s*how\b/i.test(ask.clause))
    )
      return 0;
    const asked = new Set(meanings(ask.clause));
    let sum =
      profile.effect !== undefined && profile.takes.has("email") && ask.features.emails.length > 0
        ? SUBJECT_WEIGHT
        : 0;
    let matched = 0;
    for (const word of asked) {
      const inSubject = profile.subject.has(word);
      if (inSubject) sum += SUBJECT_WEIGHT * rarity(({ subject }) => subject, word);
      else if (profile.words.has(word)) sum += rarity(({ words }) => words, word);
      if (inSubject || profile.words.has(word)) matched += 1;
    }
    const isWhole = asked.size > 0 && matched === asked.size;
    return sum >= ENOUGH || (isWhole && profile.effect === undefined) ? sum : 0;
  };

  return (ask) => {
    const scored = profiles
      .map((profile) => ({ profile, score: score(profile, ask) }))
      .sort((a, b) => b.score - a.score);
    const effective = scored.find(({ profile, score }) => score > 0 && profile.effect !== undefined);
    if (effective !== undefined) return [{ tool: effective.profile.tool }];
    const literal = literalsOf(ask).flatMap((literal) => {
      const taker = scored.find(
        ({ profile }) => profile.effect === undefined && profile.takes.has(literal.kind),
      );
      return taker === undefined ? [] : [{ tool: taker.profile.tool, literal }];
    });
    if (literal.length > 0) return literal;
    const best = scored[0];
    return best !== undefined && best.score > 0 ? [{ tool: best.profile.tool }] : [];
  };
}

/** The properties of a tool's input, by name. */
export function propertiesOf(tool: RequestTool): Readonly<Record<string, unknown>> {
  const properties = tool.input_schema?.properties;
  return isObject(properties) ? properties : {};
}

function literalsOf({ features: { urls, expressions, files } }: Ask): Literal[] {
  const of = (kind: Literal["kind"], values: readonly string[]) => values.map((value) => ({ kind, value }));
  return [...of("url", urls), ...of("expression", expressions), ...of("file", files)].slice(0, MAX_LITERALS);
}

function profileOf(tool: RequestTool): Profile {
  const properties = Object.entries(propertiesOf(tool));
  const description = meanings(`${tool.description ?? ""} ${nameWords(tool.name).join(" ")}`);
  const words = new Set([
    ...description,
    ...properties.flatMap(([name]) => meanings(nameWords(name).join(" "))),
  ]);
  const subject = new Set(subjectOf(tool.name));
  const takes = new Set<Literal["kind"] | "email">();
  for (const [name, schema] of properties) {
    const format = isObject(schema) ? schema.format : undefined;
    const has = (...candidates: string[]) => nameWords(name).some((word) => candidates.includes(word));
    if (format === "uri" || has("url", "uri", "link", "href")) takes.add("url");
    if (has("expression", "formula", "equation", "calculation")) takes.add("expression");
    if (format === "email" || has("email", "recipient", "recipients")) takes.add("email");
    if (has("name", "filename", "file", "path", "document", "title") && subject.has("document"))
      takes.add("file");
  }
  if (subject.has("calculat") && properties.length === 1) takes.add("expression");
  return { tool, effect: effectOf(tool.name), subject, words, takes };
}
