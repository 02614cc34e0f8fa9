// A task taken apart into what it asks for, in order. "then" begins a stage: what follows may need what came before.

import { type Features, featuresOf } from "./features.ts";

export type Ask = {
  readonly clause: string;
  /** From the clause to the end of its sentence: where "about …" and "saying …" end. */
  readonly sentence: string;
  readonly features: Features;
  /** 0 for what can begin at once. */
  readonly stage: number;
};

const MAX_ASKS = 40;
const LATER = /^\s*(?:and\s+)?(?:then|after that|afterwards|finally)\b/i;
const SPLIT =
  /(?=,?\s{1,8}(?:and then|then|and|after that|afterwards|finally|but|without)\s)|,\s+|(?<=[.!?;])\s+|\n+/i;
/** No ask of its own but more of the one before: "… the lamp and the plug". */
const MORE_OF_IT = /^[,\s]*(?:and|or)?\s*(?:the|an?|my|his|her|its|their|our|some|any)\s/i;
const FORBIDDEN = /\b(?:do not|don['’]t|never|without|no need to|not to)\b/i;

export function asksIn(task: string): Ask[] {
  const asks: Ask[] = [];
  let stage = 0;
  for (const sentence of maskedSplit(task, /(?<=[.!?;])\s+|\n{2,}/)) {
    const clauses = maskedSplit(sentence, SPLIT).reduce<string[]>((found, part) => {
      const before = found.at(-1);
      if (before !== undefined && MORE_OF_IT.test(part)) found[found.length - 1] = `${before}${joint(part)}`;
      else found.push(part);
      return found;
    }, []);
    let from = 0;
    for (const clause of clauses) {
      const at = Math.max(from, sentence.indexOf(clause, from));
      from = at + clause.length;
      if (LATER.test(clause)) stage += 1;
      if (FORBIDDEN.test(clause) || clause.trim() === "" || asks.length >= MAX_ASKS) continue;
      asks.push({
        clause: clause.trim(),
        sentence: sentence.slice(at).trim(),
        features: featuresOf(clause),
        stage,
      });
    }
  }
  return asks;
}

function joint(part: string): string {
  return /^\s/.test(part) ? part : `, ${part}`;
}

/** Splits outside of quotations, addresses and lists of documents, which may hold any word. */
function maskedSplit(text: string, where: RegExp): string[] {
  const kept: string[] = [];
  const hide = (part: string) => `\uE000${kept.push(part) - 1}\uE001`;
  const masked = text
    .replaceAll("\uE000", " ")
    .replaceAll("\uE001", " ")
    .replace(
      /"[^"\n]{0,2000}"|“[^”\n]{0,2000}”|(?<=^|[\s(:,])'[^\n]{1,2000}?'(?=$|[\s).,;:!?])|\bhttps?:\/\/[^\s<>"'`]+/g,
      hide,
    )
    .replace(/:[ \t]*\n(?:[ \t]*[-*][^\n]*(?:\n|$))+/g, hide);
  return masked.split(where).map((part) => {
    let shown = part;
    // A hidden list may hold hidden quotations.
    while (shown.includes("\uE000"))
      shown = shown.replace(/\uE000(\d+)\uE001/g, (_, index) => kept[Number(index)] ?? "");
    return shown;
  });
}
