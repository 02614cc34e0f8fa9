import { expect, it } from "vitest";
import { aucOf, measure } from "./measure.ts";
import { tableOf } from "./table.ts";

const rated = (...pairs: readonly (readonly [boolean, number])[]) =>
  pairs.map(([bad, score]) => ({ bad, score }));

it("ranks: one for all bad above all honest, a half for no difference, none without both kinds", () => {
  expect(aucOf(rated([true, 0.9], [true, 0.8], [false, 0.7], [false, 0.1]))).toBe(1);
  expect(aucOf(rated([true, 0.1], [false, 0.9]))).toBe(0);
  expect(aucOf(rated([true, 0.5], [false, 0.5], [true, 0.5], [false, 0.5]))).toBe(0.5);
  expect(aucOf(rated([true, 0.9], [true, 0.2], [false, 0.5], [false, 0.1]))).toBe(0.75);
  expect(aucOf(rated([true, 1]))).toBeUndefined();
});

it("counts alarms in bad and honest texts apart, by source", async () => {
  const rater = { name: "length", alarmFrom: 3, rate: (text: string) => text.length };
  const measures = await measure(rater, [
    { text: "long", bad: true, source: "a" },
    { text: "x", bad: true, source: "b" },
    { text: "y", bad: false, source: "a" },
  ]);
  expect(measures).toMatchObject({ recall: 0.5, falseAlarms: 0, auc: 0.75 });
  expect(measures.bySource).toContainEqual({ source: "a", bad: true, count: 1, alarms: 1 });
  expect(tableOf("t", [measures]).join("\n")).toMatch(/of a \(1\) +100\.00 %/);
});
