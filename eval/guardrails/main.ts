/**
 * `npm run eval:guardrails [-- --json] [-- injection|content|pii]`: how well the guards tell attacks and harm from honest
 * texts, beside what else there is. Exit 1 where ours is below what we promise.
 */
import { contentSection } from "./content.ts";
import { injectionSection } from "./injection.ts";
import { type Measures, measure } from "./measure.ts";
import { piiSection } from "./pii.ts";
import type { Section } from "./section.ts";
import { tableOf } from "./table.ts";

const sections: Readonly<Record<string, () => Section | Promise<Section>>> = {
  injection: injectionSection,
  content: contentSection,
  pii: piiSection,
};

const asked = process.argv.slice(2);
const asJson = asked.includes("--json");
const names = asked.filter((word) => word in sections);
const print = (line: string) => void process.stdout.write(`${line}\n`);

const results: { section: string; title: string; measures: readonly Measures[] }[] = [];
const faults: string[] = [];
for (const [name, open] of Object.entries(sections)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const section = await open();
  if (!asJson) print(`\n${section.title}\n`);
  for (const { title, samples, raters } of section.comparisons) {
    const measures: Measures[] = [];
    for (const rater of raters) measures.push(await measure(rater, samples));
    results.push({ section: name, title, measures });
    if (!asJson) print(`${tableOf(title, measures).join("\n")}\n`);
  }
  if (!asJson) for (const note of section.notes ?? []) print(note);
  faults.push(...(section.faults ?? []));
}

if (asJson) print(JSON.stringify({ results, faults }, null, 2));
else for (const fault of faults) print(`below its promise: ${fault}`);
if (faults.length > 0) process.exitCode = 1;
