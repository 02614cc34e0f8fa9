/**
 * `node training/content/train.ts`: trains the inline model of the content filter and writes it to
 * `packages/guardrails/models`. The same rows give the same bytes; half a minute on one thread.
 */
import { writeFileSync } from "node:fs";
import { contentCategories } from "../../packages/guardrails/src/content/category.ts";
import { type InlineModel, inlineLogits } from "../../packages/guardrails/src/content/inline-model.ts";
import { fitScale } from "./calibrate.ts";
import { readCalibrationTexts, readCorpus } from "./corpus.ts";
import { defaultTraining, trainInline } from "./train-inline.ts";

const models = `${import.meta.dirname}/../../packages/guardrails/models`;
const rows = readCorpus(defaultTraining.seed);
const honest = readCalibrationTexts();

const halves = [0, 1].map((half) => rows.filter((_, at) => at % 2 === half));
const [first = [], second = []] = halves;
const judged = [
  { texts: second, model: trainInline(first) },
  { texts: first, model: trainInline(second) },
].flatMap(({ texts, model }) =>
  texts.map(({ text, labels }) => ({
    logits: inlineLogits(text, model),
    labels: contentCategories.map((category) => labels[category]),
  })),
);

const raw = trainInline(rows);
const scale = fitScale(
  judged.map(({ logits }) => logits),
  judged.map(({ labels }) => labels),
  honest.map(({ text }) => inlineLogits(text, raw)),
);
const model: InlineModel = { header: { ...raw.header, ...scale }, weights: raw.weights };
writeFileSync(`${models}/content-inline.json`, `${JSON.stringify(model.header, null, 2)}\n`);
writeFileSync(`${models}/content-inline.bin`, model.weights);
process.stdout.write(`${rows.length} rows, ${honest.length} honest texts to calibrate on\n`);
