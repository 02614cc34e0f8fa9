/** What a tool's name gives away where nothing else is declared. */
import type { ToolLoopPolicy } from "./loop-policy.ts";
import { wordsOfName } from "./words-of-name.ts";

const READS = new Set(
  (
    "get list search find query fetch read lookup look check show describe browse view grep open load scan inspect " +
    "count select retrieve ask navigate poll wait watch cat ls head status web crawl scrape explore discover visit " +
    "calculate calculator calc current resolve verify validate compare test tests diff explain summarize analyze"
  ).split(" "),
);
const CREATES = new Set(
  "create send post add insert submit book open file notify publish charge refund email".split(" "),
);

/** Whether a call is meant to change the world. */
export function actsOnWorld(tool: string, policy: ToolLoopPolicy | undefined): boolean {
  if (policy?.effect !== undefined) return policy.effect !== "read";
  return !wordsOfName(tool).some((word) => READS.has(word));
}

/** Whether each success makes something new, whose id is then no news. */
export function createsThings(tool: string): boolean {
  const words = wordsOfName(tool);
  return CREATES.has(words[0] ?? "") || CREATES.has(words.at(-1) ?? "");
}
