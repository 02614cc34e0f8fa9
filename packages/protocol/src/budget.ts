/**
 * The limits of one task. A caller may name some of them; the agent's, then the system's defaults fill the
 * rest, so a task without limits cannot be expressed.
 */
import { z } from "zod";
import { MAX_USD, nanoFromUsd, usdFromNano } from "./money.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** As users write it: any member may be missing. */
export const Budget = z
  .strictObject({
    max_cost_usd: z.number().positive().max(MAX_USD).optional(),
    max_tokens: z.int().positive().max(1_000_000_000).optional(),
    max_turns: z.int().positive().max(100_000).optional(),
    max_tool_calls: z.int().nonnegative().max(1_000_000).optional(),
    timeout_ms: z
      .int()
      .positive()
      .max(30 * DAY_MS)
      .optional(),
  })
  .meta({
    id: "Budget",
    description: "Limits of one task; missing members take the agent's, then the system's defaults.",
    example: { max_cost_usd: 0.1 },
  });
export type Budget = z.infer<typeof Budget>;

/** As users read it: every member is there. */
export const FullBudget = Budget.required().meta({
  id: "FullBudget",
  description: "The limits that hold for one task.",
});
export type FullBudget = z.infer<typeof FullBudget>;

/** As the system keeps it: complete, money in nano-dollars. */
export const Limits = z.strictObject({
  max_cost_nano_usd: z.int().nonnegative(),
  max_tokens: z.int().positive(),
  max_turns: z.int().positive(),
  max_tool_calls: z.int().nonnegative(),
  timeout_ms: z.int().positive(),
});
export type Limits = z.infer<typeof Limits>;

export const systemLimits: Limits = {
  max_cost_nano_usd: nanoFromUsd(0.5),
  max_tokens: 500_000,
  max_turns: 50,
  max_tool_calls: 200,
  timeout_ms: 60 * 60 * 1000,
};

/** What `budget` names replaces what `base` has. */
export function withBudget(base: Limits, budget: Budget | undefined): Limits {
  if (budget === undefined) return base;
  const { max_cost_usd, ...counts } = budget;
  const named = Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== undefined));
  return {
    ...base,
    ...named,
    ...(max_cost_usd === undefined ? {} : { max_cost_nano_usd: nanoFromUsd(max_cost_usd) }),
  };
}

export function budgetOnTheWire(limits: Limits): FullBudget {
  const { max_cost_nano_usd, ...counts } = limits;
  return { max_cost_usd: usdFromNano(max_cost_nano_usd), ...counts };
}
