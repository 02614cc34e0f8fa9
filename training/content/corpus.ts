/** What the content models learn from: licensed rows of `training/data` (its README has sources and licences) and our banks. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { contentCategories } from "../../packages/guardrails/src/content/category.ts";
import { expandBanks, readBanks } from "./banks.ts";
import type { LabelledText } from "./labelled-text.ts";

const Row = z.object({
  text: z.string(),
  source: z.string(),
  labels: z.partialRecord(z.enum(contentCategories), z.union([z.literal(0), z.literal(1)])),
});

/** Rows made for each line of a bank. */
const rowsPerLine = 18;

export function readCorpus(seed: number): LabelledText[] {
  const banks = readBanks(`${import.meta.dirname}/banks`);
  return [...readRows("content.jsonl.gz"), ...expandBanks(banks, rowsPerLine, seed)];
}

/** Honest text of sources that training never sees: thresholds are set on it. */
export function readCalibrationTexts(): LabelledText[] {
  return readRows("content-calibration.jsonl.gz");
}

function readRows(name: string): LabelledText[] {
  return gunzipSync(readFileSync(`${import.meta.dirname}/../data/${name}`))
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Row.parse(JSON.parse(line)) as LabelledText);
}
