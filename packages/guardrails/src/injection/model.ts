/**
 * The trained models, one for what users write and one for what tools return: a table of int8 weights each, read at first
 * use, and the scores of a text's windows under it. A window's score is the sum of its features' weights over the root of
 * its length, plus a constant per window size.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { rememberingWords } from "../word-memory.ts";
import { eachFeature, type HashedWord, hashWord, SLOTS, WORD_SLOTS } from "./features.ts";
import type { Lexicon } from "./lexicon.ts";
import { type ReadWord, readWord, type Token, type WordReader } from "./tokens.ts";
import { cutWindows, DOCUMENT_WINDOW_TOKENS, WINDOW_TOKENS, type Window } from "./windows.ts";

/** A word has a dozen groups of letters: together they weigh about as much as its other features. */
export const LETTER_SHARE = 0.3;
/** Keeps the shortest texts from scoring on one word alone. */
export const WINDOW_DAMPING_TOKENS = 6;

export type Reading = "prompt" | "document";

export const modelFile = (reading: Reading): string =>
  join(
    import.meta.dirname,
    "..",
    "..",
    "models",
    reading === "prompt" ? "injection.bin" : "injection-tool.bin",
  );

/** How many slots the words have, and which windows are cut. What hides in documents needs more room to be told apart. */
export interface Layout {
  wordSlots: number;
  windowTokens: readonly number[];
}

export const LAYOUTS: Record<Reading, Layout> = {
  prompt: { wordSlots: 2 ** 19, windowTokens: WINDOW_TOKENS },
  document: { wordSlots: WORD_SLOTS, windowTokens: DOCUMENT_WINDOW_TOKENS },
};

export interface InjectionModel {
  reading: Reading;
  weights: Int8Array;
  /** What one step of a weight is worth. */
  step: number;
  scales: number[];
  /** Logit → chance: `1 / (1 + exp(-(logit - middle) * slope))`. */
  middle: number;
  slope: number;
}

/**
 * The file: "PINJ", version, number of word slots, little-endian header floats and the window constants; then one byte a
 * slot, compressed, since most slots are empty.
 */
const MAGIC = 0x4a4e4950;
const VERSION = 2;
const HEADER_BYTES = 64;

export const encodeModel = ({ reading, weights, step, scales, middle, slope }: InjectionModel): Buffer => {
  const { wordSlots } = LAYOUTS[reading];
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(VERSION, 4);
  header.writeUInt32LE(wordSlots, 8);
  for (const [at, value] of [step, middle, slope, ...scales].entries())
    header.writeFloatLE(value, 12 + 4 * at);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN } = constants;
  const table = Buffer.from(weights.buffer, weights.byteOffset, weights.length);
  const body = Buffer.concat([table.subarray(0, wordSlots), table.subarray(WORD_SLOTS)]);
  const params = { [BROTLI_PARAM_QUALITY]: 9, [BROTLI_PARAM_LGWIN]: 22 };
  return Buffer.concat([header, brotliCompressSync(body, { params })]);
};

export const decodeModel = (file: Buffer, reading: Reading): InjectionModel => {
  const { wordSlots, windowTokens } = LAYOUTS[reading];
  if (
    file.readUInt32LE(0) !== MAGIC ||
    file.readUInt32LE(4) !== VERSION ||
    file.readUInt32LE(8) !== wordSlots
  )
    throw new Error("not an injection model of this version");
  const body = brotliDecompressSync(file.subarray(HEADER_BYTES));
  if (body.length !== SLOTS - WORD_SLOTS + wordSlots) throw new Error("the injection model is cut off");
  const weights = new Int8Array(SLOTS);
  for (let from = 0; from < WORD_SLOTS; from += wordSlots) weights.set(body.subarray(0, wordSlots), from);
  weights.set(body.subarray(wordSlots), WORD_SLOTS);
  return {
    reading,
    weights,
    step: file.readFloatLE(12),
    middle: file.readFloatLE(16),
    slope: file.readFloatLE(20),
    scales: windowTokens.map((_, at) => file.readFloatLE(24 + 4 * at)),
  };
};

export const readModel = (reading: Reading, path: string = modelFile(reading)): InjectionModel =>
  decodeModel(readFileSync(path), reading);

export interface ScoredWindow extends Window {
  logit: number;
}

/** A word with its hash, and what its letters weigh together under the model. */
export interface WeighedWord extends ReadWord, HashedWord {
  letterSum: number;
}

/** One for all texts, since it remembers. */
export const createWeighing = (model: InjectionModel, lexicon: Lexicon): WordReader<WeighedWord> =>
  rememberingWords((raw) => {
    const known = readWord(raw, lexicon);
    const { hash, letters } = hashWord(known.word);
    let letterSum = 0;
    for (const slot of letters) letterSum += model.weights[slot] ?? 0;
    return { ...known, hash, letterSum };
  });

/** The window of a text with the highest logit; undefined: there is no word. Linear: all windows share one row of running sums. */
export const highestWindow = (
  tokens: readonly Token<WeighedWord>[],
  { reading, weights, step, scales }: InjectionModel,
): ScoredWindow | undefined => {
  const sums = new Float64Array(tokens.length + 1);
  let sum = 0;
  eachFeature(tokens, {
    word: (at, { letterSum }) => {
      sums[at] = sum;
      sum += letterSum * LETTER_SHARE;
    },
    slot: (_, slot) => {
      sum += weights[slot] ?? 0;
    },
  });
  sums[tokens.length] = sum;
  let highest: ScoredWindow | undefined;
  for (const window of cutWindows(tokens.length, LAYOUTS[reading].windowTokens)) {
    const { scale, from, until } = window;
    const logit =
      (scales[scale] ?? 0) +
      (step * ((sums[until] ?? 0) - (sums[from] ?? 0))) / Math.sqrt(until - from + WINDOW_DAMPING_TOKENS);
    if (highest === undefined || logit > highest.logit) highest = { ...window, logit };
  }
  return highest;
};

export const toChance = (logit: number, { middle, slope }: InjectionModel): number =>
  1 / (1 + Math.exp(-(logit - middle) * slope));
