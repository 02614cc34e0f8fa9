/**
 * `node training/content/train-second-tier.ts [CACHE]`: trains the second tier's head and writes it to
 * `packages/guardrails/models`; run it after `train.ts`, whose inline model it is joined with. Minutes, nearly all of them
 * for embedding; CACHE (a path without ending) keeps the embeddings for the next run.
 */
import { writeFileSync } from "node:fs";
import { contentCategories } from "../../packages/guardrails/src/content/category.ts";
import { inlineLogits, inlineModel } from "../../packages/guardrails/src/content/inline-model.ts";
import { headLogits, joinedLogit } from "../../packages/guardrails/src/content/second-tier-head.ts";
import { honestShareAtHalf } from "./calibrate.ts";
import { readCalibrationTexts } from "./corpus.ts";
import { embedAll } from "./embed.ts";
import { secondTierRows, trainingPassages } from "./second-tier-rows.ts";
import { trainHead } from "./train-head.ts";
import { weightOfSource } from "./train-inline.ts";

const models = `${import.meta.dirname}/../../packages/guardrails/models`;
const rows = secondTierRows();
const honest = readCalibrationTexts().filter((_, at) => at % 2 === 0);
const embeddingOf = await embedAll(
  [...rows, ...honest].flatMap(({ text }) => trainingPassages(text)),
  process.argv[2],
);

const head = trainHead(
  rows.map(({ text, labels, source }) => ({
    passages: trainingPassages(text).map(embeddingOf),
    labels: contentCategories.map((category) => labels[category]),
    weight: weightOfSource[source] ?? 1,
  })),
);

/** The inline model's say beside the embeddings: half of it, and more of self-harm, where the embeddings tell less. */
const inlineSay = contentCategories.map((category) => (category === "self_harm" ? 0.7 : 0.5));
const inline = inlineModel();
const share = (of: (say: number) => number) =>
  inline.header.slope.map((slope, category) => slope * of(inlineSay[category] ?? 0.5));
const unshifted = {
  worst: share((say) => (1 - say) / 2),
  mean: share((say) => (1 - say) / 2),
  inline: share((say) => say),
  shift: contentCategories.map(() => 0),
};
const shift = contentCategories.map((_, category) => {
  const logits = honest
    .map(({ text }) => {
      const passages = trainingPassages(text).map((passage) => headLogits(embeddingOf(passage), head));
      return joinedLogit(passages, inlineLogits(text, inline), unshifted, category);
    })
    .sort((a, b) => b - a);
  return -(logits[Math.floor(logits.length * honestShareAtHalf)] ?? 0);
});

writeFileSync(`${models}/content-second-tier.json`, `${JSON.stringify({ ...unshifted, shift }, null, 2)}\n`);
writeFileSync(
  `${models}/content-second-tier.bin`,
  new Uint8Array(Float32Array.of(...head.hidden, ...head.output).buffer),
);
process.stdout.write(`${rows.length} rows, ${honest.length} honest texts to calibrate on\n`);
