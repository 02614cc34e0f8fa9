// What Anthropic would bill, in nano-dollars for each token (the list price in USD for a million tokens × 1,000).
// Written down a second time on purpose: the ledger is a witness and must not share the product's price file.

import type { InputTokens } from "./prompt-cache.ts";

type Price = {
  readonly input: number;
  readonly output: number;
  readonly write5m: number;
  readonly write1h: number;
  readonly read: number;
};

const FABLE_5: Price = { input: 10_000, output: 50_000, write5m: 12_500, write1h: 20_000, read: 1_000 };
const HAIKU_5_5: Price = { input: 100, output: 500, write5m: 125, write1h: 200, read: 10 };
/** The whole request costs this once its prompt is longer than 100,000 tokens. */
const HAIKU_5_5_LONG: Price = { input: 500, output: 2_500, write5m: 625, write1h: 1_000, read: 50 };
const HAIKU_5_5_LONG_TOKENS = 100_000;

/** The first prefix that fits counts, so the more special ones stand first. */
const PRICES: readonly (readonly [prefix: string, price: Price])[] = [
  ["claude-fable-5-2", { input: 8_000, output: 40_000, write5m: 10_000, write1h: 16_000, read: 200 }],
  ["claude-fable-5-1", { ...FABLE_5, read: 250 }],
  ["claude-mythos-5-1", { ...FABLE_5, read: 250 }],
  ["claude-opus-5-5", { input: 4_000, output: 20_000, write5m: 5_000, write1h: 8_000, read: 200 }],
  ["claude-opus-", { input: 5_000, output: 25_000, write5m: 6_250, write1h: 10_000, read: 500 }],
  ["claude-sonnet-5-5", { input: 2_000, output: 10_000, write5m: 2_500, write1h: 4_000, read: 100 }],
  ["claude-sonnet-5", { input: 2_000, output: 10_000, write5m: 2_500, write1h: 4_000, read: 200 }],
  ["claude-sonnet-4", { input: 3_000, output: 15_000, write5m: 3_750, write1h: 6_000, read: 300 }],
  ["claude-haiku-5-5", HAIKU_5_5],
  ["claude-haiku-4-5", { input: 1_000, output: 5_000, write5m: 1_250, write1h: 2_000, read: 100 }],
];

/** Whole nano-dollars. A model without a known price is billed as the dearest one, so that it cannot look cheap. */
export function billedNanoUsd(model: string, input: InputTokens, outputTokens: number): number {
  const price = priceOf(model, input.uncached + input.read + input.write5m + input.write1h);
  return (
    input.uncached * price.input +
    input.read * price.read +
    input.write5m * price.write5m +
    input.write1h * price.write1h +
    outputTokens * price.output
  );
}

function priceOf(model: string, promptTokens: number): Price {
  const price = PRICES.find(([prefix]) => model.startsWith(prefix))?.[1] ?? FABLE_5;
  return price === HAIKU_5_5 && promptTokens > HAIKU_5_5_LONG_TOKENS ? HAIKU_5_5_LONG : price;
}
