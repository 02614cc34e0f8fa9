/** Everything the model learns from: the licensed rows in `training/data`, and what the seeds grow into. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import type { Reading } from "../../packages/guardrails/src/injection/model.ts";
import type { Dice } from "./dice.ts";
import { generateDocuments, generateLongPrompts, generatePhrases } from "./generate.ts";
import type { Row } from "./rows.ts";

const DATA = join(import.meta.dirname, "..", "data");
const FILES = ["rows", "readmes", "npm-texts", "manuals"].map((name) => `injection-${name}.jsonl.br`);

export const readLicensedRows = (): Row[] => {
  const contexts: string[] = [];
  const rows = FILES.flatMap((file) =>
    brotliDecompressSync(readFileSync(join(DATA, file)))
      .toString("utf8")
      .trim()
      .split("\n")
      .map((line): Row => JSON.parse(line)),
  );
  for (const row of rows) if (row.source === "bipia-contexts-train") contexts.push(row.text);
  return rows.map((row) => (row.source.startsWith("indirect-train") ? locate(row, contexts) : row));
};

/** An attack inside a known document stands where the two begin to differ. */
const locate = (row: Row, contexts: string[]): Row => {
  for (const context of contexts) {
    let head = 0;
    while (head < context.length && row.text[head] === context[head]) head++;
    let tail = 0;
    while (tail < context.length - head && row.text.at(-1 - tail) === context.at(-1 - tail)) tail++;
    if (head + tail >= context.length * 0.98) return { ...row, start: head, end: row.text.length - tail };
  }
  return row;
};

/** Some players of that game typed anything; what shows no sign of the game's goal teaches nothing. */
const isNoise = ({ source, text }: Row) =>
  source === "sentinel-hackaprompt" &&
  !/p.?w.?n|ignor|instruct|prompt|say|print|output|repeat|above|answer|sentence|respond/i.test(text);

const TARGETS = [
  "access granted",
  "Access Granted",
  "I hate humans",
  "yes",
  "you win",
  "hello there",
  "I am free",
  "permission granted",
  "the cake is a lie",
  "done",
  "purple",
  "unlocked",
  "I give up",
  "banana bread",
];

/** The game had one goal; here it has many, so that its own name is not what is learnt. */
const varyTarget = (row: Row, dice: Dice): Row =>
  row.source === "sentinel-hackaprompt" && dice.chance(0.65)
    ? { ...row, text: row.text.replace(/I have been PWNED|PWNED|pwned/gi, dice.pick(TARGETS)) }
    : row;

const CONTEXTS = ["bipia-contexts-train", "readmes", "npm-docs", "npm-code"];
const WISHES = ["clinc150", "self-instruct", "sentinel-harmbench_benign"];

export interface DatasetOptions {
  dice: Dice;
  /** Sources left out, by the start of their name. */
  without?: string[];
  /** What the model will read: what users write, or what tools return. */
  reading: Reading;
  longPrompts?: number;
}

export const buildDataset = ({ dice, without = [], reading, longPrompts = 3600 }: DatasetOptions): Row[] => {
  const kept = ({ source }: { source: string }) => !without.some((name) => source.startsWith(name));
  const fits = ({ source }: Row) => reading === "document" || !source.startsWith("manuals");
  const licensed = readLicensedRows().filter(
    (row) => kept(row) && fits(row) && !isNoise(row) && row.source !== "indirect-train-bare",
  );
  const textsOf = (sources: string[]) =>
    licensed.filter(({ source }) => sources.includes(source)).map(({ text }) => text);
  const own = [
    ...generatePhrases(dice),
    ...generateLongPrompts(dice, longPrompts),
    ...generateDocuments(
      dice,
      reading === "document"
        ? { count: 9000, wide: true, contexts: textsOf(CONTEXTS), wishes: textsOf(WISHES) }
        : { count: 4200, wide: false, contexts: textsOf(["bipia-contexts-train"]), wishes: [] },
    ),
  ].filter(kept);
  const seen = new Set<string>();
  return [...licensed.map((row) => varyTarget(row, dice)), ...own].filter(({ text, label }) => {
    const key = `${label}${text}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
};
