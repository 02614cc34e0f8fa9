import fc from "fast-check";
import { expect, test } from "vitest";
import { createRunFinder } from "./character-run.ts";

test("says of any text what the pattern would say", () => {
  const hasRun = createRunFinder(/[a-c]/, 4);
  const texts = fc.string({ unit: fc.constantFrom("a", "b", "c", "d", " ", "é", "💸"), maxLength: 40 });
  fc.assert(
    fc.property(texts, (text) => {
      expect(hasRun(text)).toBe(/[a-c]{4}/.test(text));
    }),
    { numRuns: 2_000 },
  );
});

test("finds a run at either end", () => {
  const hasRun = createRunFinder(/[0-9]/, 3);
  expect(hasRun("123")).toBe(true);
  expect(hasRun("12 123")).toBe(true);
  expect(hasRun("123 12")).toBe(true);
  expect(hasRun("12 12")).toBe(false);
});
