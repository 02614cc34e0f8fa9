// What the configuration says of providers: when a model counts as down, and what the fleet may ask of it in a minute
// where the provider's own headers do not say, or say more than this fleet is to use.

import { z } from "zod";
import type { BreakerPolicy } from "./health/breaker.ts";
import type { RateLimits } from "./health/rate-limits.ts";

const perMinute = z.int().positive().max(1_000_000_000).optional();
const ms = z.int().min(10).max(600_000).optional();

export const capacitySchema = z.strictObject({
  breaker: z
    .strictObject({
      /** So many failures in a row, of at least two tasks, and the model counts as down. Default 5. */
      failures: z.int().min(1).max(1_000).optional(),
      /** How long it is left alone before a probe, in ms; doubled after each that fails. Default 1,000. */
      open_ms: ms,
      /** Default 2,500: a provider that is back is found within five seconds. */
      open_at_most_ms: ms,
    })
    .optional(),
  /** By model. The lower of this and what the provider says counts. */
  models: z
    .record(
      z.string(),
      z.strictObject({
        requests_per_minute: perMinute,
        input_tokens_per_minute: perMinute,
        output_tokens_per_minute: perMinute,
      }),
    )
    .optional(),
});

export type Capacity = {
  readonly breaker: BreakerPolicy;
  readonly limits: Readonly<Record<string, RateLimits>>;
};

const DEFAULT_FAILURES = 5;
/** What fails for one task alone may be its own fault. */
const TASKS = 2;
const DEFAULT_OPEN_MS = 1_000;
const DEFAULT_OPEN_AT_MOST_MS = 2_500;

export function capacityOf({ breaker, models = {} }: z.output<typeof capacitySchema>): Capacity {
  const openMs = breaker?.open_ms ?? DEFAULT_OPEN_MS;
  return {
    breaker: {
      failures: breaker?.failures ?? DEFAULT_FAILURES,
      tasks: TASKS,
      openMs,
      openAtMostMs: Math.max(openMs, breaker?.open_at_most_ms ?? DEFAULT_OPEN_AT_MOST_MS),
    },
    limits: Object.fromEntries(Object.entries(models).map(([model, own]) => [model, limitsOf(own)])),
  };
}

function limitsOf(own: {
  requests_per_minute?: number | undefined;
  input_tokens_per_minute?: number | undefined;
  output_tokens_per_minute?: number | undefined;
}): RateLimits {
  const named = {
    requests: own.requests_per_minute,
    inputTokens: own.input_tokens_per_minute,
    outputTokens: own.output_tokens_per_minute,
  };
  return Object.fromEntries(Object.entries(named).filter(([, limit]) => limit !== undefined));
}
