/**
 * `node training/content/leave-one-out.ts`: the inline model trained without one source and measured on it, source by source:
 * the nearest we have to a source that nobody here has seen. Prints AUC per category.
 */
import { contentCategories } from "../../packages/guardrails/src/content/category.ts";
import { inlineLogits } from "../../packages/guardrails/src/content/inline-model.ts";
import { auc } from "./auc.ts";
import { readCorpus } from "./corpus.ts";
import { defaultTraining, trainInline } from "./train-inline.ts";

/** Enough of both kinds that the figure means something. */
const fewestTexts = 25;

const rows = readCorpus(defaultTraining.seed);
const sources = [...new Set(rows.map(({ source }) => source))].filter(
  (source) => !source.startsWith("bank:"),
);
const line = (...cells: string[]) =>
  process.stdout.write(`${cells.map((cell) => cell.padEnd(20)).join("")}\n`);

line("left out", ...contentCategories);
for (const left of [...sources, "bank:"]) {
  const isLeft = ({ source }: { source: string }) => source.startsWith(left);
  const measured = rows.filter(isLeft);
  const hasBoth = contentCategories.some((category) =>
    [0, 1].every(
      (label) => measured.filter(({ labels }) => labels[category] === label).length >= fewestTexts,
    ),
  );
  if (!hasBoth) continue;
  const model = trainInline(rows.filter((row) => !isLeft(row)));
  const logits = measured.map(({ text }) => inlineLogits(text, model));
  line(
    left,
    ...contentCategories.map((category, at) => {
      const of = (label: number) =>
        logits.filter((_, row) => measured[row]?.labels[category] === label).map((logit) => logit[at] ?? 0);
      const [positives, negatives] = [of(1), of(0)];
      return positives.length < fewestTexts || negatives.length < fewestTexts
        ? "-"
        : `${auc(positives, negatives).toFixed(3)} (${positives.length})`;
    }),
  );
}
