import { expect, it } from "vitest";
import { median, percentile } from "./statistics.ts";

it("takes percentiles that were really measured", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([percentile(values, 50), percentile(values, 99), percentile(values, 100)]).toEqual([50, 99, 100]);
});

it("takes the middle of an odd number of rounds, whatever their order", () => {
  expect(median([900, 100, 300])).toBe(300);
});

it("refuses to speak of nothing", () => {
  expect(() => median([])).toThrow(RangeError);
});
