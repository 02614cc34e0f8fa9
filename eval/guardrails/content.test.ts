import { contentCategories, createContentSecondTier, scoreContent } from "@pawl/guardrails";
import { describe, expect, it, onTestFinished } from "vitest";
import { measuredSplits, promisedAuc, readContentSuite } from "./content-suite.ts";
import { aucOf } from "./measure.ts";

const suite = readContentSuite();

describe.each(measuredSplits)("of the %s texts", (split) => {
  const texts = suite.filter((text) => text.split === split);

  it.each(contentCategories)("the inline tier ranks %s as promised", (category) => {
    const rated = texts.map(({ text, categories }) => ({
      bad: categories.includes(category),
      score: scoreContent(text)[category],
    }));
    expect(aucOf(rated)).toBeGreaterThanOrEqual(promisedAuc.inline[split][category] ?? 1);
  });

  it("the second tier ranks all categories as promised, with the real encoder", async () => {
    const tier = createContentSecondTier();
    onTestFinished(() => tier.close());
    const scores = await Promise.all(texts.map(({ text }) => tier.score(text)));
    for (const category of contentCategories) {
      const rated = texts.map(({ categories }, at) => ({
        bad: categories.includes(category),
        score: scores[at]?.[category] ?? 0,
      }));
      expect(aucOf(rated), category).toBeGreaterThanOrEqual(promisedAuc.secondTier[split][category] ?? 1);
    }
  }, 120_000);
});
