/** What a training learns from: a text, where it comes from, and what is known about it. */
import type { ContentCategory } from "../../packages/guardrails/src/content/category.ts";

/** 1: shows it. 0: does not. Missing: nobody looked, so that category learns nothing from this text. */
export type LabelledText = {
  text: string;
  source: string;
  labels: Partial<Record<ContentCategory, 0 | 1>>;
};
