/** Whose money a task is paid from, and what its caller is told when it is spent. */
import { leastFirstCallNanoUsd } from "@pawl/agent";
import { type BudgetScope, type EventData, windowsAt } from "@pawl/protocol";
import { readBudget, type SubmitOutcome, scopeAccounts, type Terms } from "@pawl/store";
import type { ApiDeps } from "./api-deps.ts";
import { HttpProblem } from "./problem.ts";

type BudgetDeps = Pick<ApiDeps, "config" | "nowMs">;

export function submissionTerms(
  { config, nowMs }: BudgetDeps,
  tenant: string,
  data: EventData<"task.submitted">,
): { terms: Terms; leastNanoUsd: number } {
  const atMs = nowMs();
  return {
    terms: {
      windows: windowsAt(atMs, config.timeZone),
      ownLimitNanoUsd: data.limits.max_cost_nano_usd,
      accounts: scopeAccounts({ tenant, ...data }, config.scopeLimits),
    },
    leastNanoUsd: leastFirstCallNanoUsd(data, atMs, config.prices),
  };
}

/** The scope whose budget cannot pay the least call of a task at present; undefined: each of them can. */
export async function spentScope(
  deps: BudgetDeps & Pick<ApiDeps, "store">,
  tenant: string,
  data: EventData<"task.submitted">,
): Promise<BudgetScope | undefined> {
  const { terms, leastNanoUsd } = submissionTerms(deps, tenant, data);
  for (const account of terms.accounts) {
    const windows = await readBudget(deps.store, tenant, account, account.configured, terms.windows);
    if (
      windows.some(
        ({ limit, spentNanoUsd }) =>
          limit.onExceeded === "refuse" && limit.limitNanoUsd - spentNanoUsd < Math.max(1, leastNanoUsd),
      )
    )
      return account.scope;
  }
  return undefined;
}

/** 429, with the moment from which on it is worth another try where there is one. */
export function budgetSpent(
  { nowMs }: BudgetDeps,
  { account, window, endsAtMs }: Extract<SubmitOutcome, { kind: "spent" }>,
): HttpProblem {
  const whose = account.scope === "global" ? "The global budget" : `The budget of this ${account.scope}`;
  const forWhat = window === "total" ? "in all" : `for this ${window}`;
  if (endsAtMs === null) {
    return new HttpProblem("budget_exhausted", `${whose} is spent ${forWhat}; it has to be raised.`);
  }
  const until = new Date(endsAtMs).toISOString();
  const afterS = Math.max(1, Math.ceil((endsAtMs - nowMs()) / 1000));
  return new HttpProblem("budget_exhausted", `${whose} is spent ${forWhat}; the next begins at ${until}.`, {
    headers: { "retry-after": String(afterS) },
  });
}
