/**
 * Limits of money beside a task's own: how much a session, user, feature, tenant or the whole system may spend in a
 * window. One limit per scope, id and window. What is not an exact, sensible amount is refused in words; a limit
 * that means something else than was written would be worse than none.
 */
import { z } from "zod";
import { MAX_USD, NANO_PER_USD, nanoFromUsd, usdFromNano } from "./money.ts";
import { WindowName } from "./window.ts";

export const BudgetScope = z
  .enum(["session", "user", "feature", "tenant", "global"])
  .meta({ id: "BudgetScope", description: "Whose money." });
export type BudgetScope = z.infer<typeof BudgetScope>;

/** What happens at submit once it is spent: a 429, or the task waits for the window's end. */
export const OnExceeded = z.enum(["refuse", "wait"]);
export type OnExceeded = z.infer<typeof OnExceeded>;

/** An amount as people write it: dollars, exact to the nano-dollar; zero is an amount. */
export const UsdAmount = z
  .number({ error: "must be a number of dollars, such as 5 or 0.25" })
  .nonnegative({ error: "must not be negative", abort: true })
  .max(MAX_USD, { error: `must be at most ${MAX_USD} dollars`, abort: true })
  .refine(isWholeNano, { error: "must be whole nano-dollars: at most nine decimals" });

const limitMembers = {
  limit_usd: UsdAmount,
  /** From here on the cheaper model is used; null or missing: no such threshold. */
  soft_usd: UsdAmount.nullish(),
  /** Default: refuse. */
  on_exceeded: OnExceeded.optional(),
};
type LimitMembers = z.infer<z.ZodObject<typeof limitMembers>>;

const SOFT_WITHIN = { error: "must not be above limit_usd", path: ["soft_usd"] };

/** A limit without its window, as the configuration names it. */
export const BudgetLimit = z.strictObject(limitMembers).refine(isSoftWithin, SOFT_WITHIN);
export type BudgetLimit = z.infer<typeof BudgetLimit>;

/** The body of `PUT /v1/budgets/{scope}/{id}`. It replaces the limit of that window as a whole. */
export const BudgetLimitRequest = z
  .strictObject({ window: WindowName, ...limitMembers })
  .refine(isSoftWithin, SOFT_WITHIN)
  .meta({
    id: "BudgetLimitRequest",
    description: "The limit of one window; it replaces the one that is set.",
    example: { window: "day", limit_usd: 2, soft_usd: 1.5 },
  });
export type BudgetLimitRequest = z.infer<typeof BudgetLimitRequest>;

/** Whose money: the path of `/v1/budgets/{scope}/{id}`. */
export const BudgetTarget = z
  .strictObject({
    scope: BudgetScope,
    id: z
      .string()
      .min(1)
      .max(256)
      .refine((id) => id.isWellFormed() && !/\p{Cc}/u.test(id), {
        error: "must be well-formed Unicode without control characters",
      }),
  })
  .refine(({ scope, id }) => scope !== "global" || id === "global", {
    error: 'the scope "global" has one id: "global"',
    path: ["id"],
  });
export type BudgetTarget = z.infer<typeof BudgetTarget>;

/** A tenant names its own sessions, users and features as it likes; of tenants it can name itself alone. */
export function isBudgetOfTenant({ scope, id }: BudgetTarget, tenant: string): boolean {
  return scope !== "tenant" || id === tenant;
}

/** As the ledger keeps it. */
export type ScopeLimit = {
  readonly limitNanoUsd: number;
  /** From here on cheaper ways are taken; null: none. */
  readonly softNanoUsd: number | null;
  /** What happens to those who find it spent. */
  readonly onExceeded: OnExceeded;
};

export function scopeLimit({ limit_usd, soft_usd, on_exceeded }: LimitMembers): ScopeLimit {
  return {
    // Zero is added to make one of JSON's -0.
    limitNanoUsd: nanoFromUsd(limit_usd) + 0,
    softNanoUsd: soft_usd === undefined || soft_usd === null ? null : nanoFromUsd(soft_usd) + 0,
    onExceeded: on_exceeded ?? "refuse",
  };
}

export const LimitSource = z.enum(["set", "config"]);
export type LimitSource = z.infer<typeof LimitSource>;

/** One window of a budget as `GET /v1/budgets/{scope}/{id}` shows it. */
export const BudgetOnTheWire = z
  .strictObject({
    window: WindowName,
    limit_usd: z.number(),
    spent_usd: z.number(),
    held_usd: z.number(),
    /** What may still be held; never below zero, also where the limit was lowered below what is spent. */
    left_usd: z.number(),
    /** null: never. */
    resets_at: z.iso.datetime().nullable(),
    soft_usd: z.number().nullable(),
    on_exceeded: OnExceeded,
    /** Of the limit: set by hand, or the configuration's. */
    source: LimitSource,
  })
  .meta({
    id: "BudgetWindow",
    description: "How a budget stands in one window that has a limit.",
    example: {
      window: "day",
      limit_usd: 2,
      spent_usd: 0.013545,
      held_usd: 0,
      left_usd: 1.986455,
      resets_at: "2026-11-23T00:00:00.000Z",
      soft_usd: 1.5,
      on_exceeded: "refuse",
      source: "set",
    },
  });
export type BudgetOnTheWire = z.infer<typeof BudgetOnTheWire>;

/** `GET /v1/budgets/{scope}/{id}`, and what setting and removing a limit answer. */
export const BudgetView = z.strictObject({ data: z.array(BudgetOnTheWire) }).meta({ id: "Budgets" });
export type BudgetView = z.infer<typeof BudgetView>;

/** One budget of `GET /v1/budgets`: one that has a limit set by hand. */
export const ListedBudget = z
  .strictObject({ scope: BudgetScope, id: z.string(), windows: z.array(BudgetOnTheWire) })
  .meta({ id: "ListedBudget", description: "A budget that has a limit set by hand." });
export type ListedBudget = z.infer<typeof ListedBudget>;

export function windowBudgetOnTheWire(
  window: WindowName,
  limit: ScopeLimit,
  account: {
    readonly spentNanoUsd: number;
    readonly heldNanoUsd: number;
    readonly endsAtMs: number;
    readonly source: LimitSource;
  },
): BudgetOnTheWire {
  const { spentNanoUsd, heldNanoUsd, endsAtMs, source } = account;
  return {
    window,
    limit_usd: usdFromNano(limit.limitNanoUsd),
    spent_usd: usdFromNano(spentNanoUsd),
    held_usd: usdFromNano(heldNanoUsd),
    left_usd: usdFromNano(Math.max(0, limit.limitNanoUsd - spentNanoUsd - heldNanoUsd)),
    resets_at: endsAtMs === 0 ? null : new Date(endsAtMs).toISOString(),
    soft_usd: limit.softNanoUsd === null ? null : usdFromNano(limit.softNanoUsd),
    on_exceeded: limit.onExceeded,
    source,
  };
}

/** Up to MAX_USD a double tells nano-dollars apart, so a number of at most nine decimals survives the way there and back. */
function isWholeNano(usd: number): boolean {
  return Math.round(usd * NANO_PER_USD) / NANO_PER_USD === usd;
}

function isSoftWithin({ limit_usd, soft_usd }: LimitMembers): boolean {
  return soft_usd === undefined || soft_usd === null || soft_usd <= limit_usd;
}
