import { expect, it } from "vitest";
import { inlineScores } from "../../packages/guardrails/src/content/inline-model.ts";
import { expandBanks, readBanks } from "../../training/content/banks.ts";
import { trainInline } from "../../training/content/train-inline.ts";

const banks = readBanks(`${import.meta.dirname}/../../training/content/banks`).filter(({ name }) =>
  ["despair", "erotic-story", "honest-help", "everyday"].includes(name),
);

it("the content filter's training gives the same weights for the same seed, and learns from its rows", () => {
  const rows = expandBanks(banks, 2, 1);
  const [one, other] = [trainInline(rows), trainInline(expandBanks(banks, 2, 1))];
  expect(Buffer.compare(Buffer.from(one.weights), Buffer.from(other.weights))).toBe(0);
  expect(one.header).toEqual(other.header);
  const despair = inlineScores("I want to end my life, nobody would miss me", one);
  const cake = inlineScores("Thank you for the recipe, the cake was lovely", one);
  expect(despair.self_harm).toBeGreaterThan(0.5);
  expect(cake.self_harm).toBeLessThan(0.5);
});
