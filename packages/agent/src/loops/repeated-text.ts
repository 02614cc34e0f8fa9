/** Whether the assistant says again what it said lately, word for word or nearly: numbers aside, two phrases in three. */
import { hashText } from "./hash.ts";
import { tokensOf } from "./pieces.ts";

export type SaidBefore = { hear(text: string): boolean; forget(): void };

const REMEMBERED = 6;
const ALIKE = 0.65;
const MAX_CHARS = 20_000;

export function createSaidBefore(): SaidBefore {
  let said: Set<number>[] = [];
  return {
    hear(text) {
      const phrases = phrasesOf(text.slice(0, MAX_CHARS));
      if (phrases.size === 0) return false;
      const before = said.some((other) => likeness(phrases, other) >= ALIKE);
      said = [...said, phrases].slice(-REMEMBERED);
      return before;
    },
    forget() {
      said = [];
    },
  };
}

function phrasesOf(text: string): Set<number> {
  const tokens = tokensOf(text).map((token) => (/\d/.test(token) ? "#" : token));
  const phrases = new Set<number>();
  for (let at = 0; at < tokens.length; at += 1) phrases.add(hashText(tokens.slice(at, at + 2).join(" ")));
  return phrases;
}

/** What both have, of what either has. */
function likeness(one: ReadonlySet<number>, other: ReadonlySet<number>): number {
  let both = 0;
  for (const phrase of one) if (other.has(phrase)) both += 1;
  return both / (one.size + other.size - both);
}
