/**
 * The trained model: one table of int8 weights, read at first use, and the scores of a text's windows under it. A
 * window's score is the sum of its features' weights over the root of its length, plus a constant per window size.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rememberingWords } from "../word-memory.ts";
import { eachFeature, type HashedWord, hashWord, SLOTS } from "./features.ts";
import type { Lexicon } from "./lexicon.ts";
import { type ReadWord, readWord, type Token, type WordReader } from "./tokens.ts";
import { cutWindows, WINDOW_TOKENS, type Window } from "./windows.ts";

/** A word has a dozen groups of letters: together they weigh about as much as its other features. */
export const LETTER_SHARE = 0.3;
/** Keeps the shortest texts from scoring on one word alone. */
export const WINDOW_DAMPING_TOKENS = 6;

export const MODEL_FILE = join(import.meta.dirname, "..", "..", "models", "injection.bin");

export interface InjectionModel {
  weights: Int8Array;
  /** What one step of a weight is worth. */
  step: number;
  scales: number[];
  /** Logit → chance: `1 / (1 + exp(-(logit - middle) * slope))`. */
  middle: number;
  slope: number;
}

/** The file: "PINJ", version, five little-endian header floats and the window constants, then one byte a slot. */
const MAGIC = 0x4a4e4950;
const HEADER_BYTES = 64;

export const encodeModel = ({ weights, step, scales, middle, slope }: InjectionModel): Buffer => {
  const file = Buffer.alloc(HEADER_BYTES + weights.length);
  file.writeUInt32LE(MAGIC, 0);
  file.writeUInt32LE(1, 4);
  file.writeUInt32LE(weights.length, 8);
  for (const [at, value] of [step, middle, slope, ...scales].entries()) file.writeFloatLE(value, 12 + 4 * at);
  Buffer.from(weights.buffer, weights.byteOffset, weights.length).copy(file, HEADER_BYTES);
  return file;
};

export const decodeModel = (file: Buffer): InjectionModel => {
  if (file.length !== HEADER_BYTES + SLOTS || file.readUInt32LE(0) !== MAGIC || file.readUInt32LE(4) !== 1)
    throw new Error("not an injection model of this version");
  return {
    weights: new Int8Array(file.buffer, file.byteOffset + HEADER_BYTES, SLOTS),
    step: file.readFloatLE(12),
    middle: file.readFloatLE(16),
    slope: file.readFloatLE(20),
    scales: WINDOW_TOKENS.map((_, at) => file.readFloatLE(24 + 4 * at)),
  };
};

export const readModel = (path: string = MODEL_FILE): InjectionModel => decodeModel(readFileSync(path));

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
  { weights, step, scales }: InjectionModel,
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
  for (const window of cutWindows(tokens.length)) {
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
