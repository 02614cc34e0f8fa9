// Chooses a model for a task by how much thinking it seems to ask for: rules that a person can read and argue with,
// no call to a model. The highest tier that any rule asks for is taken, and the first such rule is the reason, a
// sentence without a word of the user's text. Words are known in a dozen languages; a task in another one is judged by
// its size and form alone. Text may talk itself up a tier: that costs money within its limits, and nothing else.

import type { AgentDefinition, ModelTier, ModelTiers, TaskDocument } from "@pawl/protocol";
import { asksForJudgement, asksForProgramming, countParts } from "./task-wording.ts";

/** Asks, in place of a model's name, for a model to be chosen. */
export const AUTO_MODEL = "auto";

export const defaultTiers: ModelTiers = {
  light: "claude-haiku-5-5",
  standard: "claude-sonnet-5-5",
  strong: "claude-opus-5-5",
};

/** What `own` names replaces what `base` has. */
export function tiersOver(
  base: ModelTiers,
  own: { readonly [T in ModelTier]?: string | undefined } | undefined,
): ModelTiers {
  return {
    light: own?.light ?? base.light,
    standard: own?.standard ?? base.standard,
    strong: own?.strong ?? base.strong,
  };
}

export type RouteQuestion = {
  /** What is asked, without documents. */
  readonly text: string;
  /** The length of all documents together. */
  readonly documentChars: number;
  readonly toolCount: number;
  /** Whether one of the tools changes something in the world. */
  readonly hasWriteTools: boolean;
};

export type Route = { readonly tier: ModelTier; readonly model: string; readonly reason: string };

/** A rule speaks, by giving its reason, or does not. */
type Rule = readonly [tier: ModelTier, reason: (asked: Asked) => string | undefined];
type Asked = RouteQuestion & {
  readonly judgement: boolean;
  readonly programming: boolean;
  readonly parts: number;
};

/** The strong ones first, and within a tier the more telling ones. */
const rules: readonly Rule[] = [
  [
    "strong",
    ({ judgement, programming }) =>
      judgement && programming ? "It asks for judgement about code." : undefined,
  ],
  [
    "strong",
    ({ judgement, parts }) =>
      judgement && parts >= 3 ? `It asks for judgement in ${parts} parts.` : undefined,
  ],
  [
    "strong",
    ({ judgement, documentChars }) =>
      judgement && documentChars >= 8_000
        ? `It asks for judgement on ${documentChars} characters of documents.`
        : undefined,
  ],
  [
    "strong",
    ({ judgement, text }) =>
      judgement && text.length >= 1_500 ? "It asks for judgement at length." : undefined,
  ],
  [
    "strong",
    ({ programming, parts, text }) =>
      programming && (parts >= 3 || text.length >= 1_500)
        ? "It asks for programming of some size."
        : undefined,
  ],
  ["strong", ({ parts }) => (parts >= 6 ? `It has ${parts} parts.` : undefined)],
  [
    "strong",
    ({ documentChars }) =>
      documentChars >= 200_000 ? `It has ${documentChars} characters of documents.` : undefined,
  ],
  [
    "standard",
    ({ judgement }) =>
      judgement ? "It asks for judgement: to analyse, compare, plan or the like." : undefined,
  ],
  ["standard", ({ programming }) => (programming ? "It asks for programming." : undefined)],
  ["standard", ({ parts }) => (parts >= 2 ? `It has ${parts} parts.` : undefined)],
  [
    "standard",
    ({ documentChars }) =>
      documentChars >= 4_000 ? `It has ${documentChars} characters of documents.` : undefined,
  ],
  ["standard", ({ text }) => (text.length >= 600 ? `It is ${text.length} characters long.` : undefined)],
  ["standard", ({ hasWriteTools }) => (hasWriteTools ? "It may change something by its tools." : undefined)],
  ["standard", ({ toolCount }) => (toolCount >= 8 ? `It may use ${toolCount} tools.` : undefined)],
];

/** Always answers; the same question always gets the same answer. */
export function routeModel(question: RouteQuestion, tiers: ModelTiers): Route {
  const asked: Asked = {
    ...question,
    judgement: asksForJudgement(question.text),
    programming: asksForProgramming(question.text),
    parts: countParts(question.text),
  };
  for (const [tier, reasonOf] of rules) {
    const reason = reasonOf(asked);
    if (reason !== undefined) return { tier, model: tiers[tier], reason };
  }
  return { tier: "light", model: tiers.light, reason: "It is short and asks for one thing." };
}

/** What is asked of an agent, as `routeModel` wants it; `tools` are those that this task may use. */
export function routeQuestion(
  input: { readonly text: string; readonly documents: readonly TaskDocument[] },
  { tools }: Pick<AgentDefinition, "tools">,
): RouteQuestion {
  return {
    text: input.text,
    documentChars: input.documents.reduce((sum, { text }) => sum + text.length, 0),
    toolCount: tools.length,
    hasWriteTools: tools.some(({ effect }) => effect === "write"),
  };
}
