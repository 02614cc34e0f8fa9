/** What a provider allows a minute, and how the headers of its answers say so. */

/** undefined: not limited, or not known to be. */
export type RateLimits = {
  readonly requests?: number | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
};

export type ToldLimits = { readonly limits: RateLimits; readonly remainingRequests: number | undefined };

const PREFIX = "anthropic-ratelimit-";

/** undefined: the headers name no limit, as those of most gateways do. */
export function readRateLimits(headers: Headers): ToldLimits | undefined {
  const number = (name: string) => {
    const value = Number(headers.get(PREFIX + name) ?? Number.NaN);
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const limits: RateLimits = {
    requests: number("requests-limit"),
    // Where only all tokens together are limited, the input is nearly all of them.
    inputTokens: number("input-tokens-limit") ?? number("tokens-limit"),
    outputTokens: number("output-tokens-limit"),
  };
  if (Object.values(limits).every((limit) => limit === undefined)) return undefined;
  return { limits, remainingRequests: number("requests-remaining") };
}

export function sameLimits(a: RateLimits, b: RateLimits): boolean {
  return a.requests === b.requests && a.inputTokens === b.inputTokens && a.outputTokens === b.outputTokens;
}
