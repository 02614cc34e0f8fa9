/**
 * How an answer speaks. Insults are known in a few languages; what else an agent shall not say (discounts, legal
 * commitments, a competitor's name) the operator lists as phrases, under a category of his choice.
 */
import type { Detector } from "../guard-part.ts";
import { createPhraseFinder } from "./phrases.ts";

/** Said to somebody, not about something: "stupid mistake" is no insult, "you are stupid" is. */
const insults: readonly string[] = [
  ...[
    "you are",
    "you're",
    "you are such",
    "you are so",
    "you are a",
    "you're a",
    "you are an",
    "you're an",
    "you fucking",
    "you stupid",
    "you dumb",
  ].flatMap((address) =>
    [
      "stupid",
      "an idiot",
      "idiot*",
      "moron*",
      "imbecile*",
      "pathetic",
      "worthless",
      "dumb",
      "dumbass",
      "asshole*",
      "bastard*",
      "loser*",
      "retard*",
      "bitch*",
    ].map((word) => `${address} ${word}`),
  ),
  ...["fuck you", "fuck off", "go to hell", "shut up", "piss off", "screw you", "drop dead"],
  ...[
    "du bist dumm",
    "du idiot",
    "sie idiot",
    "halt die klappe",
    "halt's maul",
    "verpiss dich",
    "fick dich",
    "du arschloch",
  ],
  ...["tu es stupide", "espèce d'idiot", "ta gueule", "va te faire foutre", "connard", "connasse"],
  ...["eres idiota", "eres estúpido", "cállate la boca", "vete a la mierda", "hijo de puta"],
  ...["sei uno stupido", "sei un idiota", "vaffanculo", "você é burro", "vai se foder", "cala a boca"],
];

export function createToneDetector(configured: Readonly<Record<string, readonly string[]>>): Detector {
  const finders = Object.entries({ ...configured, insult: [...insults, ...(configured.insult ?? [])] }).map(
    ([category, phrases]) => ({ category, find: createPhraseFinder(phrases) }),
  );
  return (text, { words }) =>
    finders.flatMap(({ category, find }) =>
      find(text, words).map(({ start, end }) => ({ guard: "tone", category, score: 1, start, end })),
    );
}
