import { describe, expect, it } from "vitest";
import { z } from "zod";
import rows from "./prices.json" with { type: "json" };
import {
  type BilledUsage,
  costNanoUsd,
  type Price,
  type PriceRow,
  priceOf,
  worstCaseNanoUsd,
} from "./prices.ts";

const nowMs = Date.UTC(2026, 10, 22);

function price(model: string): Price {
  const found = priceOf(model, nowMs);
  if (found === undefined) throw new Error(`no price for ${model}`);
  return found;
}

describe("the price file", () => {
  const rates = z.strictObject({
    input: z.int().positive(),
    output: z.int().positive(),
    cache_write_5m: z.int().positive(),
    cache_write_1h: z.int().positive(),
    cache_read: z.int().positive(),
  });
  const row = z.strictObject({
    model: z.string().regex(/^claude-[a-z0-9-]+$/),
    effective_from: z.iso.date().optional(),
    effective_to: z.iso.date().optional(),
    nano_usd_per_token: rates,
    batch_percent: z.literal(50).optional(),
    tier: z.strictObject({ above_input_tokens: z.int().positive(), nano_usd_per_token: rates }).optional(),
    source: z.string().min(1),
  });

  it("holds whole, positive nano-dollars in every row", () => {
    expect(z.array(row).safeParse(rows).error).toBeUndefined();
  });

  it("has at most one price for a model at any moment", () => {
    const typed: readonly PriceRow[] = rows;
    for (const a of typed) {
      for (const b of typed) {
        if (a === b || a.model !== b.model) continue;
        const apart =
          (a.effective_to !== undefined && a.effective_to <= (b.effective_from ?? "")) ||
          (b.effective_to !== undefined && b.effective_to <= (a.effective_from ?? ""));
        expect(apart, `${a.model} has two prices at once`).toBe(true);
      }
    }
  });

  it.each([
    // model, input, output, write 5m, write 1h, read: the published USD per million tokens
    ["claude-fable-5-2", 8, 40, 10, 16, 0.2],
    ["claude-fable-5-1", 10, 50, 12.5, 20, 0.25],
    ["claude-mythos-5-1", 10, 50, 12.5, 20, 0.25],
    ["claude-fable-5", 10, 50, 12.5, 20, 1],
    ["claude-mythos-5", 10, 50, 12.5, 20, 1],
    ["claude-opus-5-5", 4, 20, 5, 8, 0.2],
    ["claude-opus-5", 5, 25, 6.25, 10, 0.5],
    ["claude-opus-4-8", 5, 25, 6.25, 10, 0.5],
    ["claude-opus-4-5-20251101", 5, 25, 6.25, 10, 0.5],
    ["claude-sonnet-5-5", 2, 10, 2.5, 4, 0.1],
    ["claude-sonnet-5", 2, 10, 2.5, 4, 0.2],
    ["claude-sonnet-4-6", 3, 15, 3.75, 6, 0.3],
    ["claude-sonnet-4-5-20250929", 3, 15, 3.75, 6, 0.3],
    ["claude-haiku-5-5", 0.1, 0.5, 0.125, 0.2, 0.01],
    ["claude-haiku-4-5-20251001", 1, 5, 1.25, 2, 0.1],
  ])("prices %s as published", (model, input, output, write5m, write1h, read) => {
    const usd = Object.values(price(model).nano_usd_per_token).map((nano) => nano / 1000);
    expect(usd).toEqual([input, output, write5m, write1h, read]);
  });

  it("knows no price for models whose price nobody published", () => {
    for (const model of [
      "claude-mythos-5-2",
      "claude-mythos-preview",
      "gpt-9",
      "",
      "__proto__",
      "toString",
    ]) {
      expect(priceOf(model, nowMs)).toBeUndefined();
    }
  });
});

describe("priceOf", () => {
  const cheap = price("claude-haiku-4-5");
  const dear = price("claude-opus-5");

  it("takes the row in force at that moment, to the millisecond", () => {
    const dated: PriceRow[] = [
      { ...dear, model: "m", effective_to: "2026-03-01", source: "test" },
      { ...cheap, model: "m", effective_from: "2026-03-01", effective_to: "2026-04-01", source: "test" },
    ];
    const input = (atMs: number) => priceOf("m", atMs, {}, dated)?.nano_usd_per_token.input;
    expect(input(Date.UTC(2026, 2, 1) - 1)).toBe(5_000);
    expect(input(Date.UTC(2026, 2, 1))).toBe(1_000);
    expect(input(Date.UTC(2026, 3, 1))).toBeUndefined();
  });

  it("does not price a model before its price was known", () => {
    expect(priceOf("claude-sonnet-5-5", Date.UTC(2026, 9, 7) - 1)).toBeUndefined();
    expect(priceOf("claude-sonnet-5-5", Date.UTC(2026, 9, 7))).toBeDefined();
    expect(priceOf("claude-sonnet-5-5", Number.NaN)).toBeUndefined();
  });

  it("puts the configuration's own price first", () => {
    expect(priceOf("claude-opus-5", nowMs, { "claude-opus-5": cheap })).toBe(cheap);
    expect(priceOf("my-model", nowMs, { "my-model": dear })).toBe(dear);
  });
});

describe("costNanoUsd", () => {
  it("adds up every kind of token, to the nano-dollar", () => {
    // 1,234×2000 + 567×10000 + 8,901×100 + 2,345×2500 + 678×4000
    const usage = {
      input_tokens: 1_234,
      output_tokens: 567,
      cache_read_input_tokens: 8_901,
      cache_creation_input_tokens: 3_023,
      cache_creation: { ephemeral_5m_input_tokens: 2_345, ephemeral_1h_input_tokens: 678 },
    };
    expect(costNanoUsd(price("claude-sonnet-5-5"), usage)).toBe(17_602_600);
  });

  it("takes null for none, and cache writes without a split as five-minute ones", () => {
    const usage = {
      input_tokens: 10,
      output_tokens: 1,
      cache_read_input_tokens: null,
      cache_creation_input_tokens: 100,
      cache_creation: null,
    };
    expect(costNanoUsd(price("claude-sonnet-5-5"), usage)).toBe(10 * 2_000 + 10_000 + 100 * 2_500);
  });

  it("prices what the split does not explain at the dearer rate", () => {
    const usage = {
      input_tokens: 0,
      output_tokens: 0,
      cache_creation_input_tokens: 100,
      cache_creation: { ephemeral_5m_input_tokens: 40, ephemeral_1h_input_tokens: 0 },
    };
    expect(costNanoUsd(price("claude-sonnet-5-5"), usage)).toBe(40 * 2_500 + 60 * 4_000);
  });

  it("prices the whole request in the higher tier once all its input together is above the bound", () => {
    const haiku = price("claude-haiku-5-5");
    const at = { input_tokens: 40_000, output_tokens: 10, cache_read_input_tokens: 60_000 };
    expect(costNanoUsd(haiku, at)).toBe(40_000 * 100 + 60_000 * 10 + 10 * 500);
    const above = { ...at, input_tokens: 40_001 };
    expect(costNanoUsd(haiku, above)).toBe(40_001 * 500 + 60_000 * 50 + 10 * 2_500);
  });

  it("prices each field of the API's usage by itself, in each tier", () => {
    const zero = { input_tokens: 0, output_tokens: 0 };
    const haiku = price("claude-haiku-5-5");
    // 1,000 tokens of one kind; the same in the tier that 100,001 tokens of cache reads put the request into.
    const fields: [string, BilledUsage, number, number][] = [
      ["input", { ...zero, input_tokens: 1_000 }, 100_000, 500_000],
      ["output", { ...zero, output_tokens: 1_000 }, 500_000, 2_500_000],
      ["read", { ...zero, cache_read_input_tokens: 1_000 }, 10_000, 50_000],
      ["write", { ...zero, cache_creation_input_tokens: 1_000 }, 125_000, 625_000],
      [
        "write 5m",
        { ...zero, cache_creation_input_tokens: 1_000, cache_creation: { ephemeral_5m_input_tokens: 1_000 } },
        125_000,
        625_000,
      ],
      [
        "write 1h",
        { ...zero, cache_creation_input_tokens: 1_000, cache_creation: { ephemeral_1h_input_tokens: 1_000 } },
        200_000,
        1_000_000,
      ],
      [
        "write, its sum missing",
        { ...zero, cache_creation: { ephemeral_5m_input_tokens: 600, ephemeral_1h_input_tokens: 400 } },
        155_000,
        775_000,
      ],
    ];
    for (const [field, usage, plain, tiered] of fields) {
      expect(costNanoUsd(haiku, usage), field).toBe(plain);
      const long = { ...usage, cache_read_input_tokens: (usage.cache_read_input_tokens ?? 0) + 100_001 };
      expect(costNanoUsd(haiku, long) - 100_001 * 50, field).toBe(tiered);
    }
  });

  it("bills thinking as the output that it is a part of, and nothing on top", () => {
    const usage = { input_tokens: 0, output_tokens: 900, output_tokens_details: { thinking_tokens: 700 } };
    expect(costNanoUsd(price("claude-opus-5-5"), usage)).toBe(900 * 20_000);
    expect(() => costNanoUsd(price("claude-opus-5-5"), { ...usage, output_tokens: 699 })).toThrow(RangeError);
  });

  it("prices a batch at half, rounded up, and in full where no discount is known", () => {
    const usage = {
      input_tokens: 3,
      output_tokens: 1,
      cache_creation_input_tokens: 1,
      service_tier: "batch",
    };
    expect(costNanoUsd(price("claude-sonnet-5-5"), usage)).toBe((3 * 2_000 + 10_000 + 2_500) / 2);
    expect(costNanoUsd(price("claude-haiku-5-5"), usage)).toBe(Math.ceil((3 * 100 + 500 + 125) / 2));
    expect(costNanoUsd(price("claude-fable-5-2"), usage)).toBe(3 * 8_000 + 40_000 + 10_000);
  });

  it("takes a whole report of the API as it comes", () => {
    const usage = {
      input_tokens: 12,
      output_tokens: 34,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens_details: { thinking_tokens: 0 },
      server_tool_use: { web_search_requests: 0, web_fetch_requests: 2 },
      service_tier: "standard",
      speed: "standard",
      inference_geo: "global",
      a_member_of_tomorrow: 7,
    } as const;
    expect(costNanoUsd(price("claude-sonnet-5-5"), usage)).toBe(12 * 2_000 + 34 * 10_000);
    const nulls = {
      ...usage,
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: null,
      speed: null,
    };
    expect(costNanoUsd(price("claude-sonnet-5-5"), { ...nulls, inference_geo: null })).toBe(364_000);
  });

  it.each<[string, Partial<BilledUsage>]>([
    ["a search by the provider", { server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 } }],
    ["a tool of tomorrow", { server_tool_use: { time_travel_requests: 1 } }],
    ["a count that is none", { server_tool_use: { web_search_requests: "1" } }],
    ["fast mode", { speed: "fast" }],
    ["a service tier of tomorrow", { service_tier: "flex" }],
    ["inference in the US", { inference_geo: "us" }],
  ])("refuses %s, whose price it does not know, rather than leave it out", (_what, part) => {
    const usage = { input_tokens: 1, output_tokens: 1, ...part };
    expect(() => costNanoUsd(price("claude-sonnet-5-5"), usage)).toThrow(/^no price is known for /);
  });

  it("takes a geography that the configured price is for", () => {
    const usage = { input_tokens: 10, output_tokens: 0, inference_geo: "us" };
    const american = { ...price("claude-sonnet-5-5"), inference_geo: "us" };
    expect(costNanoUsd(american, usage)).toBe(20_000);
    expect(costNanoUsd(american, { ...usage, inference_geo: "global" })).toBe(20_000);
    expect(() => costNanoUsd(american, { ...usage, inference_geo: "eu" })).toThrow(RangeError);
  });

  it("refuses what is no report at all", () => {
    const sonnet = price("claude-sonnet-5-5");
    const cost = (usage: unknown) => () => Reflect.apply(costNanoUsd, undefined, [sonnet, usage]);
    const fine = { input_tokens: 1, output_tokens: 1 };
    for (const usage of [
      null,
      undefined,
      "1 token",
      {},
      { input_tokens: 1 },
      { output_tokens: 1 },
      { ...fine, input_tokens: null },
      { ...fine, output_tokens: undefined },
      { ...fine, input_tokens: "12" },
      { ...fine, output_tokens: [1] },
      { ...fine, input_tokens: 1n },
      { ...fine, cache_read_input_tokens: "12" },
      { ...fine, cache_read_input_tokens: true },
      { ...fine, cache_creation: 5 },
      { ...fine, cache_creation: { ephemeral_5m_input_tokens: "5" } },
      { ...fine, output_tokens_details: { thinking_tokens: -1 } },
    ])
      expect(cost(usage)).toThrow(RangeError);
    expect(cost(fine)()).toBe(12_000);
  });

  it.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, 1e12, 1e300])("refuses a count of %d", (count) => {
    const fine = { input_tokens: 1, output_tokens: 1 };
    const sonnet = price("claude-sonnet-5-5");
    for (const usage of [
      { ...fine, input_tokens: count },
      { ...fine, output_tokens: count },
      { ...fine, cache_read_input_tokens: count },
      { ...fine, cache_creation_input_tokens: count },
      { ...fine, cache_creation: { ephemeral_5m_input_tokens: count } },
      { ...fine, cache_creation: { ephemeral_1h_input_tokens: count } },
    ]) {
      expect(() => costNanoUsd(sonnet, usage)).toThrow(RangeError);
    }
  });

  it("refuses a price that is not whole nano-dollars, and a sum past exactness", () => {
    const rates = price("claude-opus-5").nano_usd_per_token;
    const usage = { input_tokens: 1_000_000_000, output_tokens: 0 };
    expect(() => costNanoUsd({ nano_usd_per_token: { ...rates, input: 0.5 } }, usage)).toThrow(RangeError);
    expect(() => costNanoUsd({ nano_usd_per_token: { ...rates, input: 1e8 } }, usage)).toThrow(RangeError);
  });
});

describe("worstCaseNanoUsd", () => {
  it("prices input as a cache write where that is dearer", () => {
    expect(worstCaseNanoUsd(price("claude-sonnet-5-5"), { inputTokens: 1_000, maxTokens: 100 })).toBe(
      1_000 * 2_500 + 100 * 10_000,
    );
  });

  it("takes the dearer tier as soon as the bound may cross into it", () => {
    const haiku = price("claude-haiku-5-5");
    expect(worstCaseNanoUsd(haiku, { inputTokens: 100_000, maxTokens: 1 })).toBe(100_000 * 125 + 500);
    expect(worstCaseNanoUsd(haiku, { inputTokens: 100_001, maxTokens: 1 })).toBe(100_001 * 625 + 2_500);
  });

  it("is never below what the call then costs, for any split of the bound", () => {
    for (const model of new Set(rows.map((row) => row.model))) {
      for (const inputTokens of [0, 1, 99_999, 100_000, 100_001, 900_000]) {
        const worst = worstCaseNanoUsd(price(model), { inputTokens, maxTokens: 300 });
        for (const share of [0, 0.3, 1]) {
          const written = Math.floor(inputTokens * share);
          const read = Math.floor((inputTokens - written) / 2);
          const usage = {
            input_tokens: inputTokens - written - read,
            output_tokens: 300,
            cache_read_input_tokens: read,
            cache_creation_input_tokens: written,
          };
          expect(costNanoUsd(price(model), usage)).toBeLessThanOrEqual(worst);
        }
      }
    }
  });

  it("refuses bounds that are no counts", () => {
    const sonnet = price("claude-sonnet-5-5");
    expect(() => worstCaseNanoUsd(sonnet, { inputTokens: Number.NaN, maxTokens: 1 })).toThrow(RangeError);
    expect(() => worstCaseNanoUsd(sonnet, { inputTokens: 1, maxTokens: -1 })).toThrow(RangeError);
  });
});
