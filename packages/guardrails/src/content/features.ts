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
const LONGEST_WORD = 40;
const wordPattern = new RegExp(`[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N}'*@$-]{0,${LONGEST_WORD - 1}}`, "gu");

/** What there is to know of a word wherever it stands. */
export type ReadWord = {
  /** As it is meant: `k1ll` is `kill`. */
  readonly word: string;
  readonly hash: number;
  /** The buckets of its letter pieces. */
  readonly pieces: readonly number[];
  readonly concepts: readonly number[];
  /** Whether a phrase of the lexicon begins with it. */
  readonly isHead: boolean;
};

export function readWord(found: string): ReadWord {
  const { concepts, phraseHeads } = contentLexicon();
  const word = tidy(found, concepts);
  return {
    word,
    hash: hashOf(word, 0, word.length, seeds.word),
    pieces: word.length > 3 ? piecesOf(word) : [],
    concepts: concepts.get(word) ?? [],
    isHead: phraseHeads.has(word),
  };
}

export type FeatureVisitor<Known> = {
  /** The word itself and its pieces, see `wordFeatures`. */
  readonly word: (at: number, known: Known) => void;
  /** What lies between words: the number of the later word, the bucket, and what it counts. */
  readonly feature: (at: number, bucket: number, value: number) => void;
};

/** Calls `visit` for each word and each feature; returns the number of words. `read` is `readWord`, at best remembering. */
export function eachFeature<Known extends ReadWord>(
  text: string,
  read: (word: string) => Known,
  visit: FeatureVisitor<Known>,
): number {
  const { concepts, phraseHeads } = contentLexicon();
  const recent: { word: number; concept: number }[] = [];
  let recentFrom = 0;
  let previous: Known | undefined;
  let beforePrevious: Known | undefined;
  let count = 0;

  const meet = (concept: number): void => {
    visit.feature(count, hashPair(seeds.concept, concept, 0), weightOf.concept);
    for (let at = recentFrom; at < recent.length; at++) {
      const earlier = recent[at];
      if (earlier !== undefined && earlier.word < count)
        visit.feature(count, hashPair(seeds.follows, earlier.concept + 1, concept), weightOf.follows);
    }
    recent.push({ word: count, concept });
  };

  eachWord(text, (found) => {
    const known = read(found);
    visit.word(count, known);
    visit.feature(count, hashPair(seeds.neighbours, previous?.hash ?? 0, known.hash), weightOf.neighbours);

    while (recentFrom < recent.length && (recent[recentFrom]?.word ?? 0) < count - reachWords) recentFrom++;
    for (const concept of known.concepts) meet(concept);
    if (previous?.isHead === true) {
      for (const concept of concepts.get(`${previous.word}_${known.word}`) ?? []) meet(concept);
      const head = `${beforePrevious?.word ?? ""}_${previous.word}`;
      if (phraseHeads.has(head))
        for (const concept of concepts.get(`${head}_${known.word}`) ?? []) meet(concept);
    }
    beforePrevious = previous;
    previous = known;
    count++;
    // Forgotten ones are let go now and then, so that a long text needs no more room than a short one.
    if (recentFrom > 1024) {
      recent.splice(0, recentFrom);
      recentFrom = 0;
    }
  });
  return count;
}

/** A word's own features: itself and its pieces. */
export function wordFeatures(
  { hash, pieces }: Pick<ReadWord, "hash" | "pieces">,
  visit: (bucket: number, value: number) => void,
): void {
  visit(hash & (bucketCount - 1), weightOf.word);
  for (const bucket of pieces) visit(bucket, weightOf.piece);
}

function eachWord(written: string, visit: (word: string) => void): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what ASCII is.
  if (!/^[\x00-\x7f]*$/.test(written)) {
    const plain = written.normalize("NFKC").toLowerCase().replaceAll("’", "'");
    for (const [word] of plain.matchAll(wordPattern)) visit(word);
    return;
  }
  const text = written.toLowerCase();
  // The same by hand, at a tenth of the cost.
  for (let at = 0; at < text.length; at++) {
    if (asciiKind[text.charCodeAt(at)] !== BEGINS) continue;
    const start = at;
    while (at + 1 - start < LONGEST_WORD && (asciiKind[text.charCodeAt(at + 1)] ?? 0) > 0) at++;
    visit(text.slice(start, at + 1));
  }
}

const BEGINS = 1;
const GOES_ON = 2;
const asciiKind = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  return /[A-Za-z0-9]/.test(char) ? BEGINS : /['*@$-]/.test(char) ? GOES_ON : 0;
});

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

function piecesOf(word: string): number[] {
  const framed = `<${word}>`;
  const buckets: number[] = [];
  for (let length = 3; length <= 5; length++)
    for (let start = 0; start + length <= framed.length; start++)
      buckets.push(hashOf(framed, start, start + length, seeds.piece) & (bucketCount - 1));
  return buckets;
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
