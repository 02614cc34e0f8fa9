/**
 * What the second tier makes of a sentence's embedding: one hidden layer, then a logit per category. The weights are
 * `models/content-second-tier.*`, trained by `training/content`.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type ContentScores, contentCategories, scoresBy } from "./category.ts";
import { sigmoid } from "./inline-model.ts";

export const embeddingSize = 512;
export const hiddenSize = 32;

const perCategory = z.array(z.number()).length(contentCategories.length);
export const SecondTierHeader = z.object({
  /** What both tiers say, weighed: worst passage and mean of all by the head, and the inline logit. */
  worst: perCategory,
  mean: perCategory,
  inline: perCategory,
  shift: perCategory,
});
export type SecondTierHeader = z.infer<typeof SecondTierHeader>;

/** Rows of a layer lie one after the other, each with its bias last. */
export type Head = { readonly hidden: Float32Array; readonly output: Float32Array };
export type SecondTierModel = { readonly header: SecondTierHeader; readonly head: Head };

const hiddenLength = hiddenSize * (embeddingSize + 1);
const outputLength = contentCategories.length * (hiddenSize + 1);

let loaded: SecondTierModel | undefined;

export function secondTierModel(): SecondTierModel {
  loaded ??= readSecondTierModel(fileURLToPath(new URL("../../models/", import.meta.url)));
  return loaded;
}

export function readSecondTierModel(folder: string): SecondTierModel {
  const header = SecondTierHeader.parse(
    JSON.parse(readFileSync(`${folder}content-second-tier.json`, "utf8")),
  );
  const file = readFileSync(`${folder}content-second-tier.bin`);
  if (file.length !== 4 * (hiddenLength + outputLength))
    throw new Error(`content-second-tier.bin has ${file.length} bytes, not what its layers need`);
  // Copied, since a file's bytes need not begin where a float may.
  const floats = new Float32Array(new Uint8Array(file).buffer);
  return {
    header,
    head: { hidden: floats.subarray(0, hiddenLength), output: floats.subarray(hiddenLength) },
  };
}

/** The hidden layer's values (never negative) for an embedding. */
export function hiddenValues(embedding: ArrayLike<number>, { hidden }: Head): Float32Array {
  const values = new Float32Array(hiddenSize);
  for (let unit = 0; unit < hiddenSize; unit++) {
    const row = unit * (embeddingSize + 1);
    let sum = hidden[row + embeddingSize] ?? 0;
    for (let at = 0; at < embeddingSize; at++) sum += (hidden[row + at] ?? 0) * (embedding[at] ?? 0);
    values[unit] = Math.max(0, sum);
  }
  return values;
}

/** A logit per category for one embedding. */
export function headLogits(embedding: ArrayLike<number>, head: Head): number[] {
  const values = hiddenValues(embedding, head);
  return contentCategories.map((_, category) => {
    const row = category * (hiddenSize + 1);
    let sum = head.output[row + hiddenSize] ?? 0;
    for (let unit = 0; unit < hiddenSize; unit++) sum += (head.output[row + unit] ?? 0) * (values[unit] ?? 0);
    return sum;
  });
}

/** Both tiers' word on a text, on the scale of the inline scores: the same thresholds hold. */
export function joinTiers(
  passageLogits: readonly (readonly number[])[],
  inlineLogits: readonly number[],
  header: SecondTierHeader,
): ContentScores {
  return scoresBy((_, category) => sigmoid(joinedLogit(passageLogits, inlineLogits, header, category)));
}

export function joinedLogit(
  passageLogits: readonly (readonly number[])[],
  inlineLogits: readonly number[],
  { worst, mean, inline, shift }: SecondTierHeader,
  category: number,
): number {
  const of = passageLogits.map((logits) => logits[category] ?? 0);
  const total = of.reduce((sum, logit) => sum + logit, 0);
  return (
    (worst[category] ?? 0) * (of.length === 0 ? 0 : Math.max(...of)) +
    (mean[category] ?? 0) * (of.length === 0 ? 0 : total / of.length) +
    (inline[category] ?? 0) * (inlineLogits[category] ?? 0) +
    (shift[category] ?? 0)
  );
}
