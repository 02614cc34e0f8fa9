/**
 * Trains the second tier's head: 512 values of an embedding → 32 hidden → a logit per category, by Adagrad, the same weights
 * for the same seed. As in the inline model a text is worth what its worst passage says.
 */
import { contentCategories } from "../../packages/guardrails/src/content/category.ts";
import {
  embeddingSize,
  type Head,
  headLogits,
  hiddenSize,
  hiddenValues,
} from "../../packages/guardrails/src/content/second-tier-head.ts";
import { makeRandom, shuffle } from "./random.ts";

export type EmbeddedText = {
  passages: Float32Array[];
  labels: readonly (0 | 1 | undefined)[];
  weight: number;
};
export type HeadOptions = { seed: number; epochs: number; rate: number; decay: number };
export const defaultHead: HeadOptions = { seed: 6, epochs: 8, rate: 0.02, decay: 1e-5 };

export function trainHead(texts: readonly EmbeddedText[], options: HeadOptions = defaultHead): Head {
  const random = makeRandom(options.seed);
  const head: Head = {
    hidden: new Float32Array(hiddenSize * (embeddingSize + 1)).map(() => (random() - 0.5) * 0.1),
    output: new Float32Array(contentCategories.length * (hiddenSize + 1)).map(() => (random() - 0.5) * 0.4),
  };
  const squares = {
    hidden: new Float32Array(head.hidden.length).fill(1e-4),
    output: new Float32Array(head.output.length).fill(1e-4),
  };
  const positiveWeight = contentCategories.map((_, category) => {
    const sum = (label: number) =>
      texts.reduce((total, { labels, weight }) => total + (labels[category] === label ? weight : 0), 0);
    return Math.min(8, Math.max(1, sum(0) / 3 / Math.max(1, sum(1))));
  });

  const { rate, decay } = options;
  const { hidden, output } = head;
  const learn = (embedding: Float32Array, errors: readonly number[]): void => {
    const values = hiddenValues(embedding, head);
    const back = new Float32Array(hiddenSize);
    errors.forEach((error, category) => {
      if (error === 0) return;
      const row = category * (hiddenSize + 1);
      for (let unit = 0; unit < hiddenSize; unit++)
        back[unit] = (back[unit] ?? 0) + error * (output[row + unit] ?? 0);
      moveRow(output, squares.output, row, hiddenSize, values, error, rate, decay);
    });
    for (let unit = 0; unit < hiddenSize; unit++) {
      const error = back[unit] ?? 0;
      if ((values[unit] ?? 0) <= 0 || Math.abs(error) < 1e-3) continue;
      moveRow(
        hidden,
        squares.hidden,
        unit * (embeddingSize + 1),
        embeddingSize,
        embedding,
        error,
        rate,
        decay,
      );
    }
  };

  for (let epoch = 0; epoch < options.epochs; epoch++)
    for (const { passages, labels, weight } of shuffle(texts, random)) {
      const logits = passages.map((embedding) => headLogits(embedding, head));
      passages.forEach((embedding, at) => {
        const errors = contentCategories.map((_, category) => {
          const label = labels[category];
          if (label === undefined) return 0;
          const own = logits[at]?.[category] ?? 0;
          if (label === 1 && logits.some((other) => (other[category] ?? 0) > own)) return 0;
          const share = label === 1 ? (positiveWeight[category] ?? 1) : 1 / Math.sqrt(passages.length);
          return (1 / (1 + Math.exp(-own)) - label) * weight * share;
        });
        if (errors.some((error) => Math.abs(error) > 0.02)) learn(embedding, errors);
      });
    }
  return head;
}

/** One step of Adagrad for a row of weights and its bias. */
function moveRow(
  weights: Float32Array,
  squares: Float32Array,
  row: number,
  size: number,
  inputs: Float32Array,
  error: number,
  rate: number,
  decay: number,
): void {
  for (let at = 0; at <= size; at++) {
    const place = row + at;
    const old = weights[place] ?? 0;
    const gradient = error * (at === size ? 1 : (inputs[at] ?? 0)) + decay * old;
    const square = (squares[place] ?? 0) + gradient * gradient;
    squares[place] = square;
    weights[place] = old - (rate * gradient) / Math.sqrt(square);
  }
}
