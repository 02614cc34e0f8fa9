import { contentCategories, createContentSecondTier, scoreContent } from "@pawl/guardrails";
import { expect, it, onTestFinished } from "vitest";
import { promisedAuc, readContentSuite } from "./content-suite.ts";
import { aucOf } from "./measure.ts";

const heldOut = readContentSuite().filter(({ split }) => split === "held_out");

it.each(contentCategories)("the inline tier ranks held-out texts by %s as promised", (category) => {
  const rated = heldOut.map(({ text, categories }) => ({
    bad: categories.includes(category),
    score: scoreContent(text)[category],
  }));
  expect(aucOf(rated)).toBeGreaterThanOrEqual(promisedAuc.inline[category] ?? 1);
});

it("the second tier ranks held-out texts as promised, with the real encoder", async () => {
  const tier = createContentSecondTier();
  onTestFinished(() => tier.close());
  const scores = await Promise.all(heldOut.map(({ text }) => tier.score(text)));
  for (const category of contentCategories) {
    const rated = heldOut.map(({ categories }, at) => ({
      bad: categories.includes(category),
      score: scores[at]?.[category] ?? 0,
    }));
    expect(aucOf(rated), category).toBeGreaterThanOrEqual(promisedAuc.secondTier[category] ?? 1);
  }
}, 120_000);
