/**
 * Trains the inline model: logistic regression per category over hashed features by Adagrad, one thread, the same weights
 * for the same seed. A row is worth what its worst window says, as in judging: of a text that shows a category only the
 * window that shows it most is pushed up, of one that does not every window is pushed down.
 */
import { contentCategories } from "../../packages/guardrails/src/content/category.ts";
import {
  bucketCount,
  eachFeature,
  readWord,
  wordFeatures,
} from "../../packages/guardrails/src/content/features.ts";
import {
  blockWords,
  type InlineModel,
  windowNorm,
} from "../../packages/guardrails/src/content/inline-model.ts";
import type { LabelledText } from "./labelled-text.ts";
import { makeRandom, type Random, shuffle } from "./random.ts";

export type TrainingOptions = {
  seed: number;
  epochs: number;
  rate: number;
  decay: number;
  /**
   * The share of features that each reading of a template's row leaves out, so that no wording carries it alone. Rows of
   * other people are various enough: they lose by it.
   */
  dropout: number;
};
export const defaultTraining: TrainingOptions = { seed: 6, epochs: 6, rate: 0.06, decay: 3e-4, dropout: 0.5 };

type Window = { buckets: Int32Array; values: Float32Array };
type Example = { windows: Window[]; labels: (0 | 1 | undefined)[]; weight: number; ours: boolean };

/** Tweets are many and all alike. */
export const weightOfSource: Readonly<Record<string, number>> = {
  davidson: 0.6,
  "hh-harmless": 2,
  toxigen: 1.5,
  rtp: 0.7,
};

export function trainInline(
  rows: readonly LabelledText[],
  options: TrainingOptions = defaultTraining,
): InlineModel {
  const width = contentCategories.length;
  const examples = rows.map(toExample);
  const weightOfPositives = contentCategories.map((_, category) => balance(examples, category));
  const weights = new Float32Array(bucketCount * width);
  const squares = new Float32Array(bucketCount * width).fill(1e-3);
  const bias = new Float64Array(width).fill(-2);
  const random = makeRandom(options.seed);

  const logitOf = ({ buckets, values }: Window, category: number): number => {
    let sum = bias[category] ?? 0;
    for (let at = 0; at < buckets.length; at++)
      sum += (values[at] ?? 0) * (weights[(buckets[at] ?? 0) * width + category] ?? 0);
    return sum;
  };
  const learn = (window: Window, category: number, label: 0 | 1, weight: number): void => {
    const error = (1 / (1 + Math.exp(-logitOf(window, category))) - label) * weight;
    if (Math.abs(error) < 1e-3) return;
    bias[category] = (bias[category] ?? 0) - 0.005 * error;
    for (let at = 0; at < window.buckets.length; at++) {
      // Left out this time.
      if (window.values[at] === 0) continue;
      const place = (window.buckets[at] ?? 0) * width + category;
      const old = weights[place] ?? 0;
      const gradient = error * (window.values[at] ?? 0) + options.decay * old;
      const square = (squares[place] ?? 0) + gradient * gradient;
      squares[place] = square;
      weights[place] = old - (options.rate * gradient) / Math.sqrt(square);
    }
  };

  for (let epoch = 0; epoch < options.epochs; epoch++)
    for (const { windows: whole, labels, weight, ours } of shuffle(examples, random)) {
      const windows = ours ? whole.map((window) => thinned(window, options.dropout, random)) : whole;
      for (let category = 0; category < width; category++) {
        const label = labels[category];
        if (label === undefined) continue;
        const rowWeight = weight * (label === 1 ? (weightOfPositives[category] ?? 1) : 1);
        if (label === 0 || windows.length === 1)
          for (const window of windows) learn(window, category, label, rowWeight / Math.sqrt(windows.length));
        else {
          let worst = windows[0];
          let worstLogit = Number.NEGATIVE_INFINITY;
          for (const window of windows) {
            const logit = logitOf(window, category);
            if (logit > worstLogit) [worst, worstLogit] = [window, logit];
          }
          if (worst !== undefined) learn(worst, category, label, rowWeight);
        }
      }
    }
  return quantise(weights, [...bias]);
}

function thinned({ buckets, values }: Window, dropout: number, random: Random): Window {
  if (dropout === 0) return { buckets, values };
  return { buckets, values: values.map((value) => (random() < dropout ? 0 : value / (1 - dropout))) };
}

function toExample({ text, source, labels }: LabelledText): Example {
  const blocks: Map<number, number>[] = [];
  const add = (word: number, bucket: number, value: number) => {
    const at = Math.floor(word / blockWords);
    blocks[at] ??= new Map();
    blocks[at].set(bucket, (blocks[at].get(bucket) ?? 0) + value);
  };
  const words = eachFeature(text, readWord, {
    word: (word, known) => wordFeatures(known, (bucket, value) => add(word, bucket, value)),
    feature: add,
  });
  const windows: Window[] = [];
  for (let block = 0; block === 0 || block < blocks.length - 1; block++) {
    const sums = new Map(blocks[block]);
    for (const [bucket, value] of blocks[block + 1] ?? []) sums.set(bucket, (sums.get(bucket) ?? 0) + value);
    const norm = windowNorm(Math.min(words - block * blockWords, 2 * blockWords));
    windows.push({
      buckets: Int32Array.from(sums.keys()),
      values: Float32Array.from(sums.values(), (value) => value / norm),
    });
  }
  return {
    windows,
    labels: contentCategories.map((category) => labels[category]),
    weight: weightOfSource[source] ?? 1,
    ours: source.startsWith("bank:"),
  };
}

/** Texts that show a category are few: together they weigh a third of the others. */
function balance(examples: readonly Example[], category: number): number {
  const sum = (label: 0 | 1) =>
    examples.reduce((total, { labels, weight }) => total + (labels[category] === label ? weight : 0), 0);
  return Math.min(8, Math.max(1, sum(0) / 3 / Math.max(1, sum(1))));
}

/** Float weights as int8: one step per category, wide enough for all but the rarest. */
function quantise(weights: Float32Array, bias: number[]): InlineModel {
  const width = contentCategories.length;
  const step = contentCategories.map((_, category) => {
    let largest = 0;
    for (let at = category; at < weights.length; at += width)
      largest = Math.max(largest, Math.abs(weights[at] ?? 0));
    return Math.max(largest, 1e-6) / 127;
  });
  const small = Int8Array.from(weights, (weight, at) => Math.round(weight / (step[at % width] ?? 1)));
  const ones = contentCategories.map(() => 1);
  return { header: { step, bias, slope: ones, shift: contentCategories.map(() => 0) }, weights: small };
}
