/** The content filter on its suite: each category against all other texts, inline and with the second tier. */
import {
  type ContentScores,
  contentCategories,
  createContentSecondTier,
  scoreContent,
} from "@pawl/guardrails";
import { measuredSplits, promisedAuc, readContentSuite } from "./content-suite.ts";
import { aucOf } from "./measure.ts";
import type { Section } from "./section.ts";

export async function contentSection(): Promise<Section> {
  const suite = readContentSuite();
  const measured = suite.filter(({ split }) => split !== "tuned");
  const tier = createContentSecondTier();
  const second = new Map<string, ContentScores>();
  const beganMs = performance.now();
  for (const { text } of measured) second.set(text, await tier.score(text));
  const msPerText = (performance.now() - beganMs) / measured.length;
  await tier.close();

  const notes = [`with the second tier (${msPerText.toFixed(0)} ms a text on its thread), AUC:`];
  const faults: string[] = [];
  for (const split of measuredSplits)
    for (const category of contentCategories) {
      const aucBy = (scoreOf: (text: string) => ContentScores | undefined) =>
        aucOf(
          measured
            .filter((text) => text.split === split)
            .map(({ text, categories }) => ({
              bad: categories.includes(category),
              score: scoreOf(text)?.[category] ?? 0,
            })),
        ) ?? 0;
      const inlineAuc = aucBy(scoreContent);
      const joinedAuc = aucBy((text) => second.get(text));
      notes.push(
        `  ${split.padEnd(9)} ${category.padEnd(20)} ${joinedAuc.toFixed(3)} (inline ${inlineAuc.toFixed(3)})`,
      );
      if (inlineAuc < (promisedAuc.inline[split][category] ?? 0))
        faults.push(`${category} inline, ${split}: AUC ${inlineAuc.toFixed(3)}`);
      if (joinedAuc < (promisedAuc.secondTier[split][category] ?? 0))
        faults.push(`${category} with the second tier, ${split}: AUC ${joinedAuc.toFixed(3)}`);
    }
  return {
    title: "Content",
    comparisons: contentCategories.map((category) => ({
      title: category,
      samples: suite.map(({ text, categories, split }) => ({
        text,
        bad: categories.includes(category),
        source: split,
      })),
      raters: [
        {
          name: "pawl content, inline",
          rate: (text: string) => scoreContent(text)[category],
          // The part's own flagging threshold.
          alarmFrom: 0.7,
        },
      ],
    })),
    notes,
    faults,
  };
}
