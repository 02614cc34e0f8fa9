import { describe, expect, it } from "vitest";
import { cheaperModel, cheapestModel, softShareOf } from "./cheaper-model.ts";
import { type Price, priceOf } from "./prices.ts";

const atMs = Date.UTC(2026, 10, 22);
const tiers = { light: "claude-haiku-5-5", standard: "claude-sonnet-5-5", strong: "claude-opus-5-5" };

function next(
  definition: Parameters<typeof cheaperModel>[0],
  current: string,
  own: Record<string, Price> = {},
) {
  return cheaperModel(definition, current, (model, ms) => priceOf(model, ms, own), atMs);
}

describe("cheaperModel", () => {
  it("is the agent's fallback", () => {
    expect(next({ fallback: "claude-haiku-4-5" }, "claude-sonnet-5-5")).toBe("claude-haiku-4-5");
    expect(next({ fallback: "claude-haiku-4-5", tiers }, "claude-opus-5-5")).toBe("claude-haiku-4-5");
  });

  it("is the dearest tier below where there is no fallback, until there is nothing cheaper", () => {
    expect(next({ tiers }, "claude-opus-5-5")).toBe("claude-sonnet-5-5");
    expect(next({ tiers }, "claude-sonnet-5-5")).toBe("claude-haiku-5-5");
    expect(next({ tiers }, "claude-haiku-5-5")).toBeUndefined();
    expect(next({}, "claude-opus-5-5")).toBeUndefined();
  });

  it("passes over a fallback that is the current model or no cheaper", () => {
    for (const fallback of ["claude-sonnet-5-5", "claude-opus-5-5", "claude-sonnet-5"]) {
      expect(next({ fallback }, "claude-sonnet-5-5"), fallback).toBeUndefined();
      expect(next({ fallback, tiers }, "claude-sonnet-5-5"), fallback).toBe("claude-haiku-5-5");
    }
  });

  it("does not take a model for cheaper whose input costs more", () => {
    const rates = { input: 2_001, output: 1, cache_write_5m: 1, cache_write_1h: 1, cache_read: 1 };
    expect(
      next({ fallback: "talker" }, "claude-sonnet-5-5", { talker: { nano_usd_per_token: rates } }),
    ).toBeUndefined();
  });

  it("never chooses a model without a price, nor compares with one", () => {
    expect(next({ fallback: "gpt-9" }, "claude-opus-5-5")).toBeUndefined();
    expect(next({ fallback: "gpt-9", tiers }, "claude-opus-5-5")).toBe("claude-sonnet-5-5");
    expect(next({ fallback: "claude-haiku-5-5", tiers }, "gpt-9")).toBeUndefined();
  });

  it("ends, from whatever model it begins", () => {
    for (const start of ["claude-fable-5", "claude-opus-5-5", "claude-haiku-4-5"]) {
      const path = [start];
      for (let model = next({ fallback: "claude-haiku-4-5", tiers }, start); model !== undefined; ) {
        expect(path).not.toContain(model);
        path.push(model);
        model = next({ fallback: "claude-haiku-4-5", tiers }, model);
      }
      expect(path.at(-1)).toBe("claude-haiku-5-5");
    }
  });
});

describe("softShareOf", () => {
  it("is four fifths unless the agent says otherwise", () => {
    expect(softShareOf({})).toBe(0.8);
    expect(softShareOf({ soft_share: 0.25 })).toBe(0.25);
  });
});

describe("cheapestModel", () => {
  const cheapest = (...models: string[]) => cheapestModel(models, priceOf, atMs);

  it("is the one whose short call costs the least, of those that have a price", () => {
    expect(cheapest("claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-5-5")).toBe("claude-haiku-5-5");
    expect(cheapest("gpt-9", "claude-opus-5-5")).toBe("claude-opus-5-5");
    expect(cheapest("gpt-9")).toBeUndefined();
  });
});
