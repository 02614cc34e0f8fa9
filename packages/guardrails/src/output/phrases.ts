/**
 * Finds phrases that an operator wrote, without running anything he wrote: no regular expression of his is compiled.
 * A phrase is read as words; capitals, punctuation and the blanks between do not matter. `promis*` is any word that
 * begins so, `#` any number, and `*` up to five words of any kind. A phrase with other signs in it (`</internal>`,
 * `ACME_42`) is searched as it stands, in capitals or not.
 */
import { type Word, wordsOf } from "../words.ts";

const GAP_WORDS = 5;

export type PhraseMatch = { readonly phrase: string; readonly start: number; readonly end: number };
/** `words`: the text's, where somebody has read them already. */
export type PhraseFinder = (text: string, words?: () => readonly Word[]) => PhraseMatch[];

/** `slack`: so many words of any kind may stand before it. */
type Step = {
  readonly kind: "word" | "prefix" | "number";
  readonly word: string;
  readonly slack: number;
};

/** All phrases as one tree, so that those that begin alike are walked together. */
type Node = {
  readonly next: Map<string, Node>;
  readonly others: { readonly step: Step; readonly node: Node }[];
  phrase?: string;
};

/** Takes time linear in the text, for a given list of phrases. */
export function createPhraseFinder(phrases: readonly string[]): PhraseFinder {
  const literals = phrases.filter((phrase) => !isWords(phrase)).map(escaped);
  const literal = literals.length === 0 ? undefined : new RegExp(literals.join("|"), "gi");
  const root = treeOf(phrases.filter(isWords));
  const hasWords = root.next.size + root.others.length > 0;
  return (text, words = () => wordsOf(text)) => [
    ...(literal === undefined ? [] : literalMatches(text, literal)),
    ...(hasWords ? wordMatches(words(), root) : []),
  ];
}

function escaped(phrase: string): string {
  return phrase.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function isWords(phrase: string): boolean {
  return /^[\p{L}\p{N}\p{M}\s'’,.*#-]*$/u.test(phrase) && stepsOf(phrase).length > 0;
}

function stepsOf(phrase: string): Step[] {
  let slack = 0;
  const steps: Step[] = [];
  const add = (kind: Step["kind"], word: string) => {
    // A gap at either end says nothing.
    steps.push({ kind, word, slack: steps.length === 0 ? 0 : slack });
    slack = 0;
  };
  for (const part of phrase.split(/\s+/)) {
    const words = wordsOf(part);
    if (part === "*") slack = GAP_WORDS;
    else if (/^#+$/.test(part)) add("number", "");
    else
      for (const [at, { word }] of words.entries())
        add(part.endsWith("*") && at === words.length - 1 ? "prefix" : "word", word);
  }
  return steps;
}

function treeOf(phrases: readonly string[]): Node {
  const root = emptyNode();
  for (const phrase of phrases) {
    let node = root;
    for (const step of stepsOf(phrase)) node = childFor(node, step);
    node.phrase = phrase;
  }
  return root;
}

function emptyNode(): Node {
  return { next: new Map(), others: [] };
}

function childFor(node: Node, step: Step): Node {
  const child = emptyNode();
  if (step.kind === "word" && step.slack === 0) {
    const known = node.next.get(step.word);
    if (known !== undefined) return known;
    node.next.set(step.word, child);
  } else node.others.push({ step, node: child });
  return child;
}

function literalMatches(text: string, literal: RegExp): PhraseMatch[] {
  return [...text.matchAll(literal)].map(({ index, 0: phrase }) => ({
    phrase,
    start: index,
    end: index + phrase.length,
  }));
}

/** At each word the phrase that says most; matches may overlap. */
function wordMatches(words: readonly Word[], root: Node): PhraseMatch[] {
  const found: PhraseMatch[] = [];
  for (const [at, { start }] of words.entries()) {
    const match = longestMatch(words, at, root);
    if (match !== undefined)
      found.push({ phrase: match.phrase, start, end: words[match.last]?.end ?? start });
  }
  return found;
}

type Match = { readonly phrase: string; readonly last: number };

/** As deep as the longest phrase. After a gap the first word that fits is taken. */
function longestMatch(words: readonly Word[], at: number, node: Node): Match | undefined {
  let best: Match | undefined = node.phrase === undefined ? undefined : { phrase: node.phrase, last: at - 1 };
  const word = words[at]?.word;
  const child = word === undefined ? undefined : node.next.get(word);
  // So it ends for nearly every word.
  if (word === undefined || (child === undefined && node.others.length === 0)) return best;
  const follow = (index: number, child: Node) => {
    const match = longestMatch(words, index + 1, child);
    if (match !== undefined && match.last > (best?.last ?? -1)) best = match;
  };
  if (child !== undefined) follow(at, child);
  for (const { step, node: other } of node.others) {
    const skip = words.slice(at, at + 1 + step.slack).findIndex((candidate) => fits(step, candidate.word));
    if (skip !== -1) follow(at + skip, other);
  }
  return best;
}

function fits({ kind, word }: Step, candidate: string): boolean {
  if (kind === "number") return /^\d+$/.test(candidate);
  return kind === "prefix" ? candidate.startsWith(word) : candidate === word;
}
