// Prices as people write them, US dollars per million tokens, and their exact form inside. A dollar per million
// tokens is 1,000 nano-dollars per token; a price that is then no whole number is refused rather than rounded.

import { z } from "zod";
import type { NanoUsdPerToken, Price } from "./prices.ts";

const NANO_USD_PER_TOKEN = 1_000;
/** Far above any model; keeps every sum exact. */
const MAX_USD = 10_000;

const usd = z
  .number()
  .nonnegative()
  .max(MAX_USD)
  .refine((value) => Math.abs(value * NANO_USD_PER_TOKEN - Math.round(value * NANO_USD_PER_TOKEN)) < 1e-6, {
    error: "must be whole nano-dollars per token: at most three decimals",
  });

const usdRates = z.strictObject({
  input: usd,
  output: usd,
  /** Default: 1.25 × input, as Anthropic bills it. */
  cache_write_5m: usd.optional(),
  /** Default: 2 × input. */
  cache_write_1h: usd.optional(),
  /** Default: as dear as input, so that an unknown discount is never counted on. */
  cache_read: usd.optional(),
});

export const usdPrice = z.strictObject({
  usd_per_million_tokens: usdRates,
  /** For the whole request, once its input is above the bound. */
  tier: z
    .strictObject({ above_input_tokens: z.int().positive(), usd_per_million_tokens: usdRates })
    .optional(),
  /** Where these prices include a surcharge for a geography (`us`), its name as usage reports it. */
  inference_geo: z.string().min(1).optional(),
});

export function priceFromUsd(price: z.output<typeof usdPrice>): Price {
  const base = {
    nano_usd_per_token: toNano(price.usd_per_million_tokens),
    ...(price.inference_geo === undefined ? {} : { inference_geo: price.inference_geo }),
  };
  if (price.tier === undefined) return base;
  const { above_input_tokens, usd_per_million_tokens } = price.tier;
  return { ...base, tier: { above_input_tokens, nano_usd_per_token: toNano(usd_per_million_tokens) } };
}

function toNano(rates: z.output<typeof usdRates>): NanoUsdPerToken {
  const nano = (value: number) => Math.round(value * NANO_USD_PER_TOKEN);
  const input = nano(rates.input);
  return {
    input,
    output: nano(rates.output),
    // Rounded up: a default must not be lower than the bill.
    cache_write_5m: rates.cache_write_5m === undefined ? Math.ceil(input * 1.25) : nano(rates.cache_write_5m),
    cache_write_1h: rates.cache_write_1h === undefined ? input * 2 : nano(rates.cache_write_1h),
    cache_read: rates.cache_read === undefined ? input : nano(rates.cache_read),
  };
}
