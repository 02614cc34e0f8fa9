// The model to go on with once money runs short. Each step down costs strictly less per token of output and no more
// per token of input, so a task can be downgraded a few times and never in a circle.

import type { AgentDefinition } from "@pawl/protocol";
import { type Price, worstCaseNanoUsd } from "./prices.ts";

/** From this share of a task's own money on, where its agent says nothing else. */
const DEFAULT_SOFT_SHARE = 0.8;

/** The share of a task's own money from which on the cheaper model is used; 0 to 1. */
export function softShareOf({ soft_share }: Pick<AgentDefinition, "soft_share">): number {
  return soft_share ?? DEFAULT_SOFT_SHARE;
}

/**
 * The agent's fallback if that is cheaper than the current model, else the dearest of its tiers that is; undefined:
 * there is nothing cheaper to go on with. A model without a price at `atMs` is never chosen.
 */
export function cheaperModel(
  { fallback, tiers }: Pick<AgentDefinition, "fallback" | "tiers">,
  currentModel: string,
  priceOf: (model: string, atMs: number) => Price | undefined,
  atMs: number,
): string | undefined {
  const current = priceOf(currentModel, atMs)?.nano_usd_per_token;
  if (current === undefined) return undefined;
  const cheaper = (model: string) => {
    const rates = priceOf(model, atMs)?.nano_usd_per_token;
    if (rates === undefined || rates.output >= current.output || rates.input > current.input) return [];
    return [{ model, output: rates.output }];
  };
  const [ofFallback] = fallback === undefined ? [] : cheaper(fallback);
  if (ofFallback !== undefined) return fallback;
  const [dearest] = Object.values(tiers ?? {})
    .flatMap(cheaper)
    .sort((a, b) => b.output - a.output);
  return dearest?.model;
}

/** A question of some hundred words and an answer of one. */
const SHORT_CALL = { inputTokens: 1_000, maxTokens: 16 };

/** Of those that have a price at `atMs`, the one whose short call costs the least; the first named of equals. */
export function cheapestModel(
  models: readonly string[],
  priceOf: (model: string, atMs: number) => Price | undefined,
  atMs: number,
): string | undefined {
  const [cheapest] = models
    .flatMap((model) => {
      const price = priceOf(model, atMs);
      return price === undefined ? [] : [{ model, nanoUsd: worstCaseNanoUsd(price, SHORT_CALL) }];
    })
    .sort((a, b) => a.nanoUsd - b.nanoUsd);
  return cheapest?.model;
}
