import { describe, expect, it } from "vitest";
import { z } from "zod";
import { contextWindowOf } from "./context-window.ts";
import rows from "./context-windows.json" with { type: "json" };
import prices from "./prices.json" with { type: "json" };

const none = { contextWindows: {} };

describe("contextWindowOf", () => {
  it.each([
    ["claude-haiku-5-5", 1_000_000],
    ["claude-sonnet-5-5", 1_000_000],
    ["claude-opus-5-5", 1_000_000],
    ["claude-sonnet-4-5", 200_000],
    ["claude-haiku-4-5-20251001", 200_000],
  ])("knows %s", (model, tokens) => {
    expect(contextWindowOf(model, none)).toBe(tokens);
  });

  it("takes 200,000 where no page says more", () => {
    for (const model of ["claude-fable-5-2", "claude-mythos-5-1", "my-model", "", "__proto__", "toString"])
      expect(contextWindowOf(model, none), model).toBe(200_000);
  });

  it("puts the configuration's own number first", () => {
    const own = { contextWindows: { "my-model": 32_000, "claude-opus-5-5": 400_000 } };
    expect(contextWindowOf("my-model", own)).toBe(32_000);
    expect(contextWindowOf("claude-opus-5-5", own)).toBe(400_000);
    expect(contextWindowOf("claude-sonnet-5-5", own)).toBe(1_000_000);
  });

  it("has one row, with a source, for a model that has a price", () => {
    const row = z.strictObject({
      model: z.string(),
      tokens: z.int().min(200_000).max(1_000_000),
      source: z.string().min(10),
    });
    expect(z.array(row).safeParse(rows).error).toBeUndefined();
    const models = rows.map(({ model }) => model);
    expect(new Set(models).size).toBe(models.length);
    const priced = new Set(prices.map(({ model }) => model));
    expect(models.filter((model) => !priced.has(model))).toEqual([]);
  });
});
