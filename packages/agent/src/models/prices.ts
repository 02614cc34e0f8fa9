// What a model call costs, in whole nano-dollars (1e-9 USD). Every list price is a whole number of them per
// token, so sums are exact; anything that would not be (NaN, a negative count, more than 2^53) is refused with a
// RangeError, because a wrong price is a broken promise about money.
//
// `prices.json` holds dated rows; a price change is a new row, so an old task keeps costing what it cost. A row
// without `effective_from` reaches back to the model's release. No row: no price, and no call.

import priceRows from "./prices.json" with { type: "json" };

export type NanoUsdPerToken = {
  readonly input: number;
  readonly output: number;
  readonly cache_write_5m: number;
  readonly cache_write_1h: number;
  readonly cache_read: number;
};

export type Price = {
  readonly nano_usd_per_token: NanoUsdPerToken;
  /** Applies to the whole request once its input, cached input included, is above the bound. */
  readonly tier?: { readonly above_input_tokens: number; readonly nano_usd_per_token: NanoUsdPerToken };
  /** What a call in a batch costs of it; missing: all of it. */
  readonly batch_percent?: number;
  /** The one `inference_geo` with a surcharge that the rates include; missing: they hold where there is none. */
  readonly inference_geo?: string;
};

export type PriceRow = Price & {
  readonly model: string;
  /** First day (UTC, `2026-10-07`). */
  readonly effective_from?: string;
  /** First day on which it no longer holds. */
  readonly effective_to?: string;
  readonly source: string;
};

/**
 * Usage as the Messages API reports it. `output_tokens` is all that is billed as output, thinking included. What the
 * rates say nothing of (searches by the provider, fast mode, another geography) has no price: it is refused, so that
 * the call is charged what was held for it and never less than it cost without a word. Other members are ignored.
 */
export type BilledUsage = {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_creation_input_tokens?: number | null | undefined;
  readonly cache_read_input_tokens?: number | null | undefined;
  readonly cache_creation?:
    | {
        readonly ephemeral_5m_input_tokens?: number | null;
        readonly ephemeral_1h_input_tokens?: number | null;
      }
    | null
    | undefined;
  readonly output_tokens_details?: { readonly thinking_tokens?: number | null } | null | undefined;
  /** Counts by tool: `{web_search_requests: 1}`. */
  readonly server_tool_use?: object | null | undefined;
  readonly service_tier?: string | null | undefined;
  readonly speed?: string | null | undefined;
  readonly inference_geo?: string | null | undefined;
};

/** No request comes near it; a count above it is a fault in the report, not a bill. */
const MAX_TOKENS_PER_REQUEST = 1_000_000_000;

/** The model's price at that moment; `extra`, the configuration's own prices by model, goes first. */
export function priceOf(
  model: string,
  atMs: number,
  extra: Readonly<Record<string, Price>> = {},
  rows: readonly PriceRow[] = priceRows,
): Price | undefined {
  if (Object.hasOwn(extra, model)) return extra[model];
  return rows.find(
    (row) =>
      row.model === model &&
      (row.effective_from === undefined || atMs >= Date.parse(row.effective_from)) &&
      (row.effective_to === undefined || atMs < Date.parse(row.effective_to)),
  );
}

/** What the call cost, in nano-dollars. RangeError for usage no API would report, and for what has no price. */
export function costNanoUsd(price: Price, usage: BilledUsage): number {
  if (typeof usage !== "object" || usage === null) throw new RangeError(`no usage was reported: ${usage}`);
  refuseUnpriced(price, usage);
  const input = tokenCount(usage.input_tokens, "input_tokens");
  const output = tokenCount(usage.output_tokens, "output_tokens");
  const thinking = tokenCount(usage.output_tokens_details?.thinking_tokens ?? 0, "thinking_tokens");
  if (thinking > output) throw new RangeError(`${thinking} tokens of thinking in ${output} of output`);
  const read = tokenCount(usage.cache_read_input_tokens ?? 0, "cache_read_input_tokens");
  const written = cacheWrites(usage);
  const rates = ratesFor(price, input + read + written.for5m + written.for1h);
  const cost = total([
    [input, rates.input],
    [output, rates.output],
    [read, rates.cache_read],
    [written.for5m, rates.cache_write_5m],
    [written.for1h, rates.cache_write_1h],
  ]);
  return usage.service_tier === "batch" ? percentOf(cost, price.batch_percent ?? 100) : cost;
}

/** Tools of the provider that cost nothing beside the tokens of what they return. */
const FREE_SERVER_TOOLS: readonly string[] = ["web_fetch_requests"];
/** Priority is paid for by a commitment; its tokens are counted at list price. */
const PRICED_SERVICE_TIERS: readonly string[] = ["standard", "priority", "batch"];
/** Where no surcharge applies: anywhere, or a model that knows no geography. */
const PLAIN_GEOS: readonly string[] = ["global", "not_available", ""];

function refuseUnpriced(price: Price, usage: BilledUsage): void {
  for (const [tool, count] of Object.entries(usage.server_tool_use ?? {})) {
    if (count !== 0 && count !== null && !FREE_SERVER_TOOLS.includes(tool))
      throw new RangeError(`no price is known for ${tool}: ${count}`);
  }
  const { service_tier, speed, inference_geo } = usage;
  if (!PRICED_SERVICE_TIERS.includes(service_tier ?? "standard"))
    throw new RangeError(`no price is known for the service tier ${service_tier}`);
  if ((speed ?? "standard") !== "standard") throw new RangeError(`no price is known for the speed ${speed}`);
  if (!PLAIN_GEOS.includes(inference_geo ?? "") && inference_geo !== price.inference_geo)
    throw new RangeError(`no price is known for inference in ${inference_geo}`);
}

/**
 * The most a call can cost, in nano-dollars: `inputTokens` is a bound that is never low, each token of it priced
 * as the dearest thing it may become (plain input or a five-minute cache write), in the dearer tier if it may
 * cross into it. Holds for callers that write no one-hour cache.
 */
export function worstCaseNanoUsd(
  price: Price,
  bound: { readonly inputTokens: number; readonly maxTokens: number },
): number {
  const inputTokens = tokenCount(bound.inputTokens, "inputTokens");
  const maxTokens = tokenCount(bound.maxTokens, "maxTokens");
  const crossed = price.tier !== undefined && inputTokens > price.tier.above_input_tokens;
  const possible = crossed
    ? [price.nano_usd_per_token, ratesFor(price, inputTokens)]
    : [price.nano_usd_per_token];
  return Math.max(
    ...possible.map((rates) =>
      total([
        [inputTokens, Math.max(rates.input, rates.cache_write_5m, rates.cache_read)],
        [maxTokens, rates.output],
      ]),
    ),
  );
}

/** Splits what was written to the cache by lifetime; a rest that the split does not explain is priced as the dearer. */
function cacheWrites(usage: BilledUsage): { for5m: number; for1h: number } {
  const sum = tokenCount(usage.cache_creation_input_tokens ?? 0, "cache_creation_input_tokens");
  const split = usage.cache_creation;
  if (split === null || split === undefined) return { for5m: sum, for1h: 0 };
  if (typeof split !== "object") throw new RangeError(`cache_creation is no split: ${split}`);
  const for5m = tokenCount(split.ephemeral_5m_input_tokens ?? 0, "ephemeral_5m_input_tokens");
  const for1h = tokenCount(split.ephemeral_1h_input_tokens ?? 0, "ephemeral_1h_input_tokens");
  return { for5m, for1h: for1h + Math.max(0, sum - for5m - for1h) };
}

function ratesFor(price: Price, inputTokens: number): NanoUsdPerToken {
  const { tier } = price;
  return tier !== undefined && inputTokens > tier.above_input_tokens
    ? tier.nano_usd_per_token
    : price.nano_usd_per_token;
}

function total(items: readonly (readonly [tokens: number, nanoUsdPerToken: number])[]): number {
  let sum = 0;
  for (const [tokens, rate] of items) {
    if (!Number.isSafeInteger(rate) || rate < 0)
      throw new RangeError(`price is not whole nano-dollars: ${rate}`);
    sum += tokens * rate;
    if (!Number.isSafeInteger(sum)) throw new RangeError("cost is too large to be exact");
  }
  return sum;
}

/** In whole nano-dollars, rounded up. A division by a hundred first would round what a double can still say. */
function percentOf(nanoUsd: number, percent: number): number {
  const hundredfold = nanoUsd * percent;
  if (!Number.isSafeInteger(hundredfold)) throw new RangeError("cost is too large to be exact");
  return Math.ceil(hundredfold / 100);
}

function tokenCount(value: number, what: string): number {
  if (!Number.isSafeInteger(value) || value < 0 || value > MAX_TOKENS_PER_REQUEST) {
    throw new RangeError(`${what} is no token count: ${value}`);
  }
  return value;
}
