/** The part of the corpus that the second tier learns from: a sentence costs 15 ms to embed, so not all of it. */
import { passagesOf } from "../../packages/guardrails/src/content/passages.ts";
import { readCorpus } from "./corpus.ts";
import type { LabelledText } from "./labelled-text.ts";
import { defaultTraining } from "./train-inline.ts";

const everyNth: Readonly<Record<string, number>> = { davidson: 4, "hh-harmless": 1, toxigen: 1, rtp: 1 };

export function secondTierRows(): LabelledText[] {
  return readCorpus(defaultTraining.seed).filter(({ source }, at) => at % (everyNth[source] ?? 2) === 0);
}

/** Of a long text as many as are worth their time in training. */
export function trainingPassages(text: string): string[] {
  return passagesOf(text).slice(0, 8);
}
