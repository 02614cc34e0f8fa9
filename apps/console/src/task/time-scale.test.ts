import { expect, it } from "vitest";
import { ticksOf, timeScale } from "./time-scale.ts";

const HOUR_MS = 3_600_000;
const spans = [
  { startMs: 0, endMs: 2_000 },
  { startMs: 2_000 + HOUR_MS, endMs: 4_000 + HOUR_MS },
];
const range = { startMs: 0, endMs: 4_000 + HOUR_MS };

it("folds an hour of waiting so that the seconds of work around it are seen", () => {
  const scale = timeScale(spans, { ...range, fold: true });
  expect(scale.hasFolds).toBe(true);
  expect(scale.at(0)).toBe(0);
  expect(scale.at(range.endMs)).toBeCloseTo(1);
  expect(scale.at(2_000)).toBeGreaterThan(0.45);
  expect(scale.at(2_000 + HOUR_MS) - scale.at(2_000)).toBeLessThan(0.05);
});

it("draws everything to one scale where that is asked for", () => {
  const scale = timeScale(spans, { ...range, fold: false });
  expect(scale.hasFolds).toBe(false);
  expect(scale.at(2_000)).toBeCloseTo(2_000 / range.endMs);
});

it("never runs backwards, and stays on the axis", () => {
  const scale = timeScale(spans, { ...range, fold: true });
  const places = Array.from({ length: 400 }, (_, n) => scale.at((range.endMs / 399) * n));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...places, scale.at(range.endMs * 2))).toBeLessThanOrEqual(1.000001);
});

it("folds nothing where nothing was done, nor a pause that is short beside the work", () => {
  expect(timeScale([], { startMs: 0, endMs: HOUR_MS, fold: true }).hasFolds).toBe(false);
  const busy = [
    { startMs: 0, endMs: 60_000 },
    { startMs: 63_000, endMs: 90_000 },
  ];
  expect(timeScale(busy, { startMs: 0, endMs: 90_000, fold: true }).hasFolds).toBe(false);
});

it("marks round moments, no closer to each other than can be read", () => {
  const scale = timeScale(spans, { ...range, fold: true });
  const ticks = ticksOf(scale, 0, { from: 0, to: 1 }, 8);
  expect(ticks.length).toBeGreaterThan(2);
  expect(ticks[0]).toEqual({ at: 0, ms: 0 });
  for (const [index, tick] of ticks.entries()) {
    expect(tick.ms % 500).toBe(0);
    expect(tick.at - (ticks[index - 1]?.at ?? -1)).toBeGreaterThan(0.08);
  }
});
