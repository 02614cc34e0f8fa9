/**
 * The template banks: text written by hand with places that vary. `expandBanks` makes labelled rows of them, the same for
 * the same seed. A "passage" row joins one to five lines of its bank, as people write; a "single" row is one line.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ContentCategory, contentCategories } from "../../packages/guardrails/src/content/category.ts";
import type { LabelledText } from "./labelled-text.ts";
import { makeRandom, type Random } from "./random.ts";

export type Bank = { name: string; labels: ContentCategory[]; passage: boolean; lines: string[] };

/** Every bank of the folder, in the order of its files. Throws on a heading that it does not understand. */
export function readBanks(folder: string): Bank[] {
  const banks: Bank[] = [];
  for (const file of readdirSync(folder).sort())
    for (const line of readFileSync(join(folder, file), "utf8").split("\n")) {
      if (line.trim() === "" || line.startsWith("#")) continue;
      if (line.startsWith("===")) banks.push(readHeading(line));
      else banks.at(-1)?.lines.push(line);
    }
  return banks;
}

/**
 * `rowsPerLine` rows for each line a bank has, so that a larger bank says more. Each bank has a chance of its own: a new
 * line in one leaves the rows of the others as they were.
 */
export function expandBanks(banks: readonly Bank[], rowsPerLine: number, seed: number): LabelledText[] {
  return banks.flatMap((bank) => {
    const random = makeRandom(seed + [...bank.name].reduce((sum, sign) => sum * 31 + sign.charCodeAt(0), 0));
    const labels: LabelledText["labels"] = {};
    for (const category of contentCategories) labels[category] = bank.labels.includes(category) ? 1 : 0;
    const rows = new Map<string, LabelledText>();
    for (let n = 0; n < bank.lines.length * rowsPerLine; n++) {
      const lineCount = bank.passage ? 1 + Math.floor(random() ** 1.5 * 5) : 1;
      const picked = new Set<string>();
      while (picked.size < Math.min(lineCount, bank.lines.length)) picked.add(pick(bank.lines, random));
      const text = vary([...picked].map((line) => expand(line, random)).join(" "), random);
      rows.set(text, { text, source: `bank:${bank.name}`, labels });
    }
    return [...rows.values()];
  });
}

function readHeading(line: string): Bank {
  const [name = "", labels = "", form = ""] = line
    .slice(3)
    .split("|")
    .map((part) => part.trim());
  const known =
    labels === "-" ? [] : contentCategories.filter((category) => labels.split(",").includes(category));
  if (name === "" || !["passage", "single"].includes(form) || (labels !== "-" && known.length === 0))
    throw new Error(`cannot read the heading: ${line}`);
  return { name, labels: known, passage: form === "passage", lines: [] };
}

function expand(template: string, random: Random): string {
  return template
    .replace(/\{([^{}]*)\}/g, (_, choices: string) => pick(choices.split("|"), random))
    .replace(/\s+([,.?!])/g, "$1")
    .replace(/ {2,}/g, " ")
    .trim();
}

/** Some write all in lower case or without full stops. */
function vary(text: string, random: Random): string {
  const way = random();
  if (way < 0.2) return text.toLowerCase();
  if (way < 0.3) return text.toLowerCase().replace(/[.,']/g, "");
  return text;
}

function pick<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}
