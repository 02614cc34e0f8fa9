/** Whose budget a command line means. */
import { BudgetScope } from "@pawl/protocol";
import { usageFault } from "../command-line/fault.ts";

const scopes = BudgetScope.options;

export const SCOPE_ARGUMENTS = [
  { name: "SCOPE", about: `Whose: ${scopes.join(", ")}.` },
  { name: "ID", about: "The session's, user's, feature's or tenant's own id; of global: `global`." },
] as const;

export function budgetPath(scope: string, id: string): string {
  if (!BudgetScope.safeParse(scope).success) {
    throw usageFault(`"${scope}" is no scope.`, `SCOPE is one of ${scopes.join(", ")}.`);
  }
  if (id === "") throw usageFault("ID is empty.");
  return `/v1/budgets/${scope}/${encodeURIComponent(id)}`;
}
