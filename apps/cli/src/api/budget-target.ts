/** Whose budget a command line means. */
import type { BudgetScope } from "@pawl/client";
import { usageFault } from "../command-line/fault.ts";

const scopes = ["session", "user", "feature", "tenant", "global"] as const satisfies readonly BudgetScope[];

export const windows = ["hour", "day", "month", "total"] as const;

export const BUDGET_ARGUMENTS = [
  { name: "SCOPE", about: `Whose: ${scopes.join(", ")}.` },
  { name: "ID", about: "The session's, user's, feature's or tenant's own id; of global: `global`." },
] as const;

export function budgetTarget([scope, id]: readonly string[]): { scope: BudgetScope; id: string } {
  const known = scopes.find((each) => each === scope);
  if (known === undefined)
    throw usageFault(`"${scope}" is no scope.`, `SCOPE is one of ${scopes.join(", ")}.`);
  if (id === undefined || id === "") throw usageFault("ID is empty.");
  return { scope: known, id };
}

/** The option's value, of which the parser made sure that it is one of these. */
export function windowOf(word: string | undefined): (typeof windows)[number] {
  return windows.find((each) => each === word) ?? "day";
}
