/**
 * The model that judges every text: hashed features times int8 weights, a logistic regression per category. A text is
 * judged by its worst forty words, so that a long honest text does not add up and a long one with one bad paragraph does not
 * hide it. Loaded from `models/content-inline.*` at first use; about 0.2 ms for a kilobyte.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { rememberingWords } from "../word-memory.ts";
import { type ContentScores, contentCategories, scoresBy } from "./category.ts";
import { bucketCount, eachFeature, type ReadWord, readWord, wordFeatures } from "./features.ts";

/** Windows are two blocks long and start at every block. */
export const blockWords = 20;

/** A short text has less to say; this keeps a single word from deciding alone. */
const lengthFloor = 10;

const perCategory = z.array(z.number()).length(contentCategories.length);
export const InlineHeader = z.object({
  /** What one step of an int8 weight stands for. */
  step: perCategory,
  bias: perCategory,
  /** Platt's scaling: probability = sigmoid(slope × logit + shift). */
  slope: perCategory,
  shift: perCategory,
});
export type InlineHeader = z.infer<typeof InlineHeader>;

/** `weights` has the categories' weights of a bucket side by side. */
export type InlineModel = { readonly header: InlineHeader; readonly weights: Int8Array };

let loaded: InlineModel | undefined;

export function inlineModel(): InlineModel {
  loaded ??= readInlineModel(fileURLToPath(new URL("../../models/", import.meta.url)));
  return loaded;
}

export function readInlineModel(folder: string): InlineModel {
  const header = InlineHeader.parse(JSON.parse(readFileSync(`${folder}content-inline.json`, "utf8")));
  const file = readFileSync(`${folder}content-inline.bin`);
  if (file.length !== bucketCount * contentCategories.length)
    throw new Error(`content-inline.bin has ${file.length} bytes, not what the features need`);
  return { header, weights: new Int8Array(file.buffer, file.byteOffset, file.length) };
}

/** Per category the worst window's logit, as the training knows it. */
export function inlineLogits(text: string, model: InlineModel): number[] {
  const { header, weights } = model;
  const width = contentCategories.length;
  const worst = new Array<number>(width).fill(Number.NEGATIVE_INFINITY);
  // The sums of the block that is being read and of the one before it.
  let before = new Float64Array(width);
  let sums = new Float64Array(width);
  let blocks = 0;
  const closeWindow = (inWindow: number) => {
    const norm = windowNorm(inWindow);
    for (let category = 0; category < width; category++) {
      const sum = (before[category] ?? 0) + (sums[category] ?? 0);
      const logit = (header.bias[category] ?? 0) + ((header.step[category] ?? 0) * sum) / norm;
      worst[category] = Math.max(worst[category] ?? logit, logit);
    }
  };
  const words = eachFeature(text, readerFor(model), {
    word: (word, known) => {
      if (word === (blocks + 1) * blockWords) {
        if (blocks > 0) closeWindow(2 * blockWords);
        blocks++;
        [before, sums] = [sums, before.fill(0)];
      }
      for (let category = 0; category < width; category++)
        sums[category] = (sums[category] ?? 0) + (known.sums[category] ?? 0);
    },
    feature: (_, bucket, value) => {
      const from = bucket * width;
      for (let category = 0; category < width; category++)
        sums[category] = (sums[category] ?? 0) + value * (weights[from + category] ?? 0);
    },
  });
  closeWindow(words - Math.max(0, blocks - 1) * blockWords);
  return worst;
}

/** A word, and what it and its letters weigh together in each category. */
type WeighedWord = ReadWord & { readonly sums: Float64Array };

const readers = new WeakMap<InlineModel, (word: string) => WeighedWord>();

function readerFor(model: InlineModel): (word: string) => WeighedWord {
  const known = readers.get(model);
  if (known !== undefined) return known;
  const reader = rememberingWords((found) => weighed(readWord(found), model));
  readers.set(model, reader);
  return reader;
}

function weighed(word: ReadWord, { weights }: InlineModel): WeighedWord {
  const width = contentCategories.length;
  const sums = new Float64Array(width);
  wordFeatures(word, (bucket, value) => {
    for (let category = 0; category < width; category++)
      sums[category] = (sums[category] ?? 0) + value * (weights[bucket * width + category] ?? 0);
  });
  // The pieces are in the sums now.
  return { ...word, pieces: [], sums };
}

/** What a window's sum is divided by. */
export function windowNorm(words: number): number {
  return Math.sqrt(words + lengthFloor);
}

export function inlineScores(text: string, model: InlineModel): ContentScores {
  const logits = inlineLogits(text, model);
  const { slope, shift } = model.header;
  return scoresBy((_, at) => sigmoid((slope[at] ?? 1) * (logits[at] ?? 0) + (shift[at] ?? 0)));
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
