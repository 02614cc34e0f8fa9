// The configuration's limits of money by scope and window. A user's day and the whole system's day always have one:
// another number may be set, no configuration takes it away.

import { BudgetLimit, type BudgetScope, type ScopeLimit, scopeLimit, type WindowName } from "@pawl/protocol";
import { z } from "zod";

export type ScopeLimits = Readonly<Record<BudgetScope, Readonly<Partial<Record<WindowName, ScopeLimit>>>>>;

const windowsSchema = z.strictObject({
  hour: BudgetLimit.optional(),
  day: BudgetLimit.optional(),
  month: BudgetLimit.optional(),
  total: BudgetLimit.optional(),
});

export const scopeLimitsSchema = z.strictObject({
  session: windowsSchema.optional(),
  /** Of each user. Default: $5 a day. */
  user: windowsSchema.optional(),
  feature: windowsSchema.optional(),
  tenant: windowsSchema.optional(),
  /** Of all tenants together. Default: $1,000 a day. */
  global: windowsSchema.optional(),
});
type ScopeLimitsInput = z.output<typeof scopeLimitsSchema>;

const DEFAULT_USER_DAY: BudgetLimit = { limit_usd: 5 };
const DEFAULT_GLOBAL_DAY: BudgetLimit = { limit_usd: 1_000 };

export function scopeLimitsOf({ session, user, feature, tenant, global }: ScopeLimitsInput): ScopeLimits {
  return {
    session: windowsOf(session),
    user: windowsOf({ ...user, day: user?.day ?? DEFAULT_USER_DAY }),
    feature: windowsOf(feature),
    tenant: windowsOf(tenant),
    global: windowsOf({ ...global, day: global?.day ?? DEFAULT_GLOBAL_DAY }),
  };
}

function windowsOf(limits: z.output<typeof windowsSchema> = {}): ScopeLimits[BudgetScope] {
  const { hour, day, month, total } = limits;
  return {
    ...(hour === undefined ? {} : { hour: scopeLimit(hour) }),
    ...(day === undefined ? {} : { day: scopeLimit(day) }),
    ...(month === undefined ? {} : { month: scopeLimit(month) }),
    ...(total === undefined ? {} : { total: scopeLimit(total) }),
  };
}
