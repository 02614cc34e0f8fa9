/**
 * Words by concept, read from `models/content-lexicon.txt` at first use. The model counts concepts beside words, so that
 * one rare word does the work of its many kin. Verbs and nouns stand there once: their regular endings are added here.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Lexicon = {
  /** Concept numbers of a word, or of a phrase joined by `_`. */
  readonly concepts: ReadonlyMap<string, readonly number[]>;
  /** What may stand at the front of a phrase, so that few joins are tried. */
  readonly phraseHeads: ReadonlySet<string>;
};

let loaded: Lexicon | undefined;

export function contentLexicon(): Lexicon {
  loaded ??= parseLexicon(
    readFileSync(fileURLToPath(new URL("../../models/content-lexicon.txt", import.meta.url)), "utf8"),
  );
  return loaded;
}

export function parseLexicon(source: string): Lexicon {
  const concepts = new Map<string, number[]>();
  const phraseHeads = new Set<string>();
  let concept = -1;
  const add = (word: string): void => {
    const known = concepts.get(word);
    if (known === undefined) concepts.set(word, [concept]);
    else if (!known.includes(concept)) known.push(concept);
  };
  for (const line of source.split("\n")) {
    if (line.startsWith("#") || line.trim() === "") continue;
    if (line.startsWith("[")) {
      concept++;
      continue;
    }
    for (const entry of line.split(" ")) {
      add(entry);
      const joint = entry.lastIndexOf("_");
      if (joint === -1) for (const form of inflections(entry)) add(form);
      // Of a phrase of three words the first two are a head too.
      for (let at = entry.indexOf("_"); at !== -1; at = entry.indexOf("_", at + 1))
        phraseHeads.add(entry.slice(0, at));
    }
  }
  return { concepts, phraseHeads };
}

/** Regular English endings; a form that is no word does no harm, nobody writes it. */
function inflections(word: string): string[] {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return [];
  const stem = word.endsWith("e") ? word.slice(0, -1) : word;
  if (word.endsWith("y")) return [`${word.slice(0, -1)}ies`, `${word.slice(0, -1)}ied`, `${word}ing`];
  const forms = [`${word}s`, `${stem}ed`, `${stem}ing`];
  if (/(s|x|ch|sh)$/.test(word)) forms.push(`${word}es`);
  // stab, stabbed, stabbing
  if (/[^aeiou][aeiou][bdgmnpt]$/.test(word))
    forms.push(`${word}${word.at(-1)}ed`, `${word}${word.at(-1)}ing`);
  return forms;
}
