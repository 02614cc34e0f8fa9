/**
 * What the model sees of each token: the hashed words, word pairs and triples that end there, its letters in threes to
 * fives, and the ideas of the lexicon in their order. Every feature belongs to one place, so the score of any stretch
 * of text is a difference of two running sums, and windows of every size cost nothing more.
 */
import type { ReadWord, Token } from "./tokens.ts";

/** A model may have fewer, a power of two: then they repeat (`decodeModel`). */
export const WORD_SLOTS = 2 ** 21;
export const LETTER_SLOTS = 2 ** 17;
export const IDEA_SLOTS = 2 ** 15;
export const SLOTS = WORD_SLOTS + LETTER_SLOTS + IDEA_SLOTS;

const IDEA_REACH_TOKENS = 14;
const FNV_OFFSET = 0x811c9dc5;

const hashText = (text: string, seed: number): number => {
  let hash = (FNV_OFFSET ^ seed) | 0;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
};
const blend = (a: number, b: number): number => {
  let hash = Math.imul(a ^ (b + 0x9e3779b9 + (a << 6) + (a >>> 2)), 0x85ebca6b);
  hash ^= hash >>> 15;
  return hash | 0;
};
const spread = (hash: number): number => {
  let answer = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  answer = Math.imul(answer ^ (answer >>> 15), 0x846ca68b);
  return (answer ^ (answer >>> 16)) >>> 0;
};
const wordSlot = (hash: number) => spread(hash) & (WORD_SLOTS - 1);
const letterSlot = (hash: number) => WORD_SLOTS + (spread(hash) & (LETTER_SLOTS - 1));
const ideaSlot = (hash: number) => WORD_SLOTS + LETTER_SLOTS + (spread(hash) & (IDEA_SLOTS - 1));

/** The same word as one or two before: padding that is meant to drown what stands around an order. */
const AGAIN = ideaSlot(hashText("again", 3));
const DISGUISED = ideaSlot(hashText("disguised", 3));
const LOUD = hashText("loud", 3);

export interface HashedWord {
  hash: number;
}

/** And the slots of its letters in threes to fives. */
export interface SpelledWord extends HashedWord {
  letters: Int32Array;
}

const FEWEST_LETTERS = 3;
const MOST_LETTERS = 5;
const NO_LETTERS = new Int32Array(0);

export const hashWord = (word: string): SpelledWord => {
  const hash = hashText(word, 1);
  if (word.length < 2) return { hash, letters: NO_LETTERS };
  const padded = `<${word}>`;
  const groups = [3, 4, 5].reduce((sum, size) => sum + Math.max(0, padded.length - size + 1), 0);
  const letters = new Int32Array(groups);
  let next = 0;
  for (let from = 0; from + FEWEST_LETTERS <= padded.length; from++) {
    let group = FNV_OFFSET | 0;
    for (let size = 1; size <= MOST_LETTERS && from + size <= padded.length; size++) {
      group = Math.imul(group ^ padded.charCodeAt(from + size - 1), 0x01000193);
      if (size >= FEWEST_LETTERS) letters[next++] = letterSlot(group ^ size);
    }
  }
  return { hash, letters };
};

/** Calls `word` once and `slot` many times for each token, in order. */
export const eachFeature = <Known extends ReadWord & HashedWord>(
  tokens: readonly Token<Known>[],
  take: { word(at: number, known: Known): void; slot(at: number, slot: number): void },
): void => {
  let previous = hashText("^", 2);
  let beforePrevious = previous;
  const ideas: { idea: number; at: number }[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    const { hash } = token.known;
    take.word(at, token.known);
    take.slot(at, wordSlot(hash));
    const pair = blend(previous, hash);
    take.slot(at, wordSlot(pair));
    take.slot(at, wordSlot(blend(beforePrevious, pair)));
    take.slot(at, wordSlot(blend(blend(beforePrevious, 77), hash)));
    if (token.disguised) take.slot(at, DISGUISED);
    if (token.loud) take.slot(at, ideaSlot(blend(LOUD, token.idea)));
    if (token.word === tokens[at - 1]?.word || token.word === tokens[at - 2]?.word) take.slot(at, AGAIN);
    if (token.idea > 0) takeIdea(token.idea, at, ideas, take);
    beforePrevious = previous;
    previous = hash;
  }
};

const takeIdea = (
  idea: number,
  at: number,
  ideas: { idea: number; at: number }[],
  take: { slot(at: number, slot: number): void },
): void => {
  const single = blend(11, idea);
  take.slot(at, ideaSlot(single));
  const [second, first] = [ideas.at(-1), ideas.at(-2)];
  for (let back = 1; back <= 4; back++) {
    const earlier = ideas.at(-back);
    if (earlier === undefined || at - earlier.at > IDEA_REACH_TOKENS) break;
    const near = at - earlier.at <= 3 ? 1 : 2;
    take.slot(at, ideaSlot(blend(blend(13, earlier.idea), idea)));
    take.slot(at, ideaSlot(blend(blend(blend(17, earlier.idea), idea), near)));
  }
  if (second !== undefined && first !== undefined && at - first.at <= IDEA_REACH_TOKENS)
    take.slot(at, ideaSlot(blend(blend(blend(19, first.idea), second.idea), idea)));
  ideas.push({ idea, at });
  if (ideas.length > 8) ideas.shift();
};
