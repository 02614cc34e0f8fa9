/** `pawl budgets get SCOPE ID`: how limits of money stand. */
import { BUDGET_ARGUMENTS, budgetTarget } from "../api/budget-target.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import { budgetLines } from "../terminal/budget-lines.ts";

export const budgetsGetCommand = defineCommand({
  name: "budgets get",
  about: "Show what somebody may spend, has spent and has left.",
  asksApi: true,
  arguments: BUDGET_ARGUMENTS,
  examples: [
    { about: "A user's", line: "pawl budgets get user C-1042" },
    { about: "Everybody's together (needs the admin key)", line: "pawl budgets get global global" },
  ],
  async run({ api, args, out, json, nowMs, signal }) {
    const { scope, id } = budgetTarget(args);
    const budget = { data: await api().budget(scope, id, { signal }) };
    if (json) out.json(budget);
    else if (budget.data.length === 0) out.line(`There is no limit for ${scope} ${out.inert(id)}.`);
    else {
      const rows = budget.data.map((window) => ({ ...window, whose: `${scope} ${id}` }));
      for (const line of budgetLines(out, rows, nowMs())) out.line(line);
    }
    return exitCodes.ok;
  },
});
