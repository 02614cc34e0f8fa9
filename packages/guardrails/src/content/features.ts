/**
 * Text → hashed features, the same for training and for judging: words, pairs of neighbours, pieces of three to five
 * letters (for misspellings and endings never seen), concepts of the lexicon, and which concept follows which within a
 * few words ("kill" after "I", "they" before "vermin"). One pass, linear in the text.
 */
import { contentLexicon } from "./lexicon.ts";

/** Buckets of the weight table: with five int8 weights each, 640 KiB. Buckets are shared by what collides. */
export const bucketCount = 1 << 17;

/** What one feature counts: there are ten letter pieces to a word, which together shall not outvote it. */
const weightOf = { word: 1, neighbours: 0.7, piece: 0.25, concept: 1.2, follows: 0.8 } as const;

/** How far apart, in words, two concepts still belong together. */
const reachWords = 6;

const seeds = {
  word: 0x1b873593,
  neighbours: 0x2c1b3c6d,
  piece: 0x297a2d39,
  concept: 0x68e31da4,
  follows: 0x5bd1e995,
};

/** Words of at most 40 characters: a run without spaces is cut, so that no text is a single endless word. */
const wordPattern = /[\p{L}\p{N}][\p{L}\p{M}\p{N}'*@$-]{0,39}/gu;

/** Calls `visit` for each feature with the number of its word, its bucket and what it counts; returns the number of words. */
export function eachFeature(
  text: string,
  visit: (word: number, bucket: number, value: number) => void,
): number {
  const { concepts, phraseHeads } = contentLexicon();
  const recent: { word: number; concept: number }[] = [];
  let recentFrom = 0;
  let previous = "";
  let beforePrevious = "";
  let previousHash = 0;
  let count = 0;

  const meet = (concept: number): void => {
    visit(count, hashPair(seeds.concept, concept, 0), weightOf.concept);
    for (let at = recentFrom; at < recent.length; at++) {
      const earlier = recent[at];
      if (earlier !== undefined && earlier.word < count)
        visit(count, hashPair(seeds.follows, earlier.concept + 1, concept), weightOf.follows);
    }
    recent.push({ word: count, concept });
  };

  for (const match of plain(text).matchAll(wordPattern)) {
    const word = tidy(match[0], concepts);
    const hash = hashOf(word, 0, word.length, seeds.word);
    visit(count, hash & (bucketCount - 1), weightOf.word);
    visit(count, hashPair(seeds.neighbours, previousHash, hash), weightOf.neighbours);
    if (word.length > 3) pieces(word, count, visit);

    while (recentFrom < recent.length && (recent[recentFrom]?.word ?? 0) < count - reachWords) recentFrom++;
    for (const concept of concepts.get(word) ?? []) meet(concept);
    if (phraseHeads.has(previous)) {
      for (const concept of concepts.get(`${previous}_${word}`) ?? []) meet(concept);
      if (phraseHeads.has(`${beforePrevious}_${previous}`))
        for (const concept of concepts.get(`${beforePrevious}_${previous}_${word}`) ?? []) meet(concept);
    }
    beforePrevious = previous;
    previous = word;
    previousHash = hash;
    count++;
    // Forgotten ones are let go now and then, so that a long text needs no more room than a short one.
    if (recentFrom > 1024) {
      recent.splice(0, recentFrom);
      recentFrom = 0;
    }
  }
  return count;
}

function plain(text: string): string {
  return text.normalize("NFKC").toLowerCase().replaceAll("’", "'");
}

const lookAlikes: Readonly<Record<string, string>> = {
  "@": "a",
  $: "s",
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
};

/** `fuuuuck` and `k1ll` as the words they stand for; only where the lexicon knows that word. */
function tidy(found: string, known: ReadonlyMap<string, unknown>): string {
  const word = found.endsWith("'s") ? found.slice(0, -2) : found;
  if (word.length > 24 || known.has(word)) return word;
  if (/(.)\1\1/.test(word)) {
    const squeezed = word.replace(/(.)\1{2,}/g, "$1");
    if (known.has(squeezed)) return squeezed;
  }
  if (/[@$013457]/.test(word) && /[a-z]/.test(word)) {
    const letters = word.replace(/[@$013457]/g, (sign) => lookAlikes[sign] ?? sign);
    if (known.has(letters)) return letters;
  }
  return word;
}

function pieces(
  word: string,
  at: number,
  visit: (word: number, bucket: number, value: number) => void,
): void {
  const framed = `<${word}>`;
  for (let length = 3; length <= 5; length++)
    for (let start = 0; start + length <= framed.length; start++)
      visit(at, hashOf(framed, start, start + length, seeds.piece) & (bucketCount - 1), weightOf.piece);
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string, start: number, end: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function hashPair(seed: number, left: number, right: number): number {
  let hash = Math.imul(seed ^ left, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13) ^ right, 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) & (bucketCount - 1);
}
