// The provider's rate limits: so many requests and tokens of each model in any window of time, counted over all
// callers, refused with 429 above that, and told in the headers of every answer as the real API tells them.

import { z } from "zod";

const perMinute = z.number().positive().max(1_000_000_000);

export const RateLimits = z.strictObject({
  requests_per_minute: perMinute.optional(),
  input_tokens_per_minute: perMinute.optional(),
  output_tokens_per_minute: perMinute.optional(),
  /** No window of this length holds more than its share of a minute's allowance. Shorter ones suit short tests. */
  window_ms: z.int().min(100).max(60_000).default(60_000),
});
export type RateLimits = z.infer<typeof RateLimits>;

type Used = { readonly atMs: number; requests: number; inputTokens: number; outputTokens: number };

export type RateVerdict = {
  readonly headers: Readonly<Record<string, string>>;
  /** undefined: the request is served. */
  readonly refused: { readonly retryAfterS: number } | undefined;
};

export type RateLimiter = {
  /** Asked once for each request. What is refused is not counted. */
  admit(model: string, inputTokens: number, limits: RateLimits | undefined): RateVerdict;
  /** What a reply had to say counts once it is said. */
  count(model: string, outputTokens: number): void;
};

const NOTHING: RateVerdict = { headers: {}, refused: undefined };

export function createRateLimiter({ nowMs }: { nowMs: () => number }): RateLimiter {
  const usedBy = new Map<string, Used[]>();

  function within(model: string, windowMs: number): Used[] {
    const all = usedBy.get(model) ?? [];
    const from = all.findIndex(({ atMs }) => atMs > nowMs() - windowMs);
    const kept = from === -1 ? [] : all.slice(from);
    usedBy.set(model, kept);
    return kept;
  }

  return {
    admit(model, inputTokens, limits) {
      if (limits === undefined) {
        usedBy.delete(model);
        return NOTHING;
      }
      const used = within(model, limits.window_ms);
      const share = limits.window_ms / 60_000;
      const kinds = [
        kind("requests", limits.requests_per_minute, used, (one) => one.requests, 1),
        kind("input-tokens", limits.input_tokens_per_minute, used, (one) => one.inputTokens, inputTokens),
        // Nobody knows yet what it will say: it is refused only once the allowance is used up.
        kind("output-tokens", limits.output_tokens_per_minute, used, (one) => one.outputTokens, 0),
      ].flatMap((one) => (one === undefined ? [] : [one]));
      const isRefused = kinds.some(({ limit, sum, wanted }) =>
        wanted === 0 ? sum >= limit * share : sum + wanted > limit * share,
      );
      const oldestMs = used[0]?.atMs ?? nowMs();
      const freeAtMs = oldestMs + limits.window_ms;
      if (!isRefused) used.push({ atMs: nowMs(), requests: 1, inputTokens, outputTokens: 0 });
      const reset = new Date(freeAtMs).toISOString();
      const headers = kinds.flatMap(({ name, limit, sum, wanted }): [string, string][] => {
        const left = Math.max(0, limit - (sum + (isRefused ? 0 : wanted)) / share);
        return [
          [`anthropic-ratelimit-${name}-limit`, String(limit)],
          [`anthropic-ratelimit-${name}-remaining`, String(Math.floor(left))],
          [`anthropic-ratelimit-${name}-reset`, reset],
        ];
      });
      const retryAfterS = Math.max(1, Math.ceil((freeAtMs - nowMs()) / 1000));
      return {
        headers: Object.fromEntries(isRefused ? [...headers, ["retry-after", String(retryAfterS)]] : headers),
        refused: isRefused ? { retryAfterS } : undefined,
      };
    },
    count(model, outputTokens) {
      usedBy.get(model)?.push({ atMs: nowMs(), requests: 0, inputTokens: 0, outputTokens });
    },
  };
}

function kind(
  name: string,
  limit: number | undefined,
  used: readonly Used[],
  amount: (one: Used) => number,
  wanted: number,
) {
  if (limit === undefined) return undefined;
  return { name, limit, wanted, sum: used.reduce((sum, one) => sum + amount(one), 0) };
}
