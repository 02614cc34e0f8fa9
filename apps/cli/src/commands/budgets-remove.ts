/** `pawl budgets remove SCOPE ID`: takes a limit that was set by hand away; the configured one holds again, or none. */
import { BUDGET_ARGUMENTS, budgetTarget, windowOf, windows } from "../api/budget-target.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import { budgetLines } from "../terminal/budget-lines.ts";

export const budgetsRemoveCommand = defineCommand({
  name: "budgets remove",
  about: "Take a limit that was set by hand away; the configured one holds again.",
  asksApi: true,
  arguments: BUDGET_ARGUMENTS,
  options: { window: { type: "text", choices: windows, about: "Of which window. Else day." } },
  examples: [{ about: "Back to the configured limit", line: "pawl budgets remove user C-1042 --window day" }],
  async run({ api, args, options, out, json, nowMs, signal }) {
    const { scope, id } = budgetTarget(args);
    const window = windowOf(options.window);
    const budget = { data: await api().removeBudget(scope, id, window, { signal }) };
    if (json) {
      out.json(budget);
      return exitCodes.ok;
    }
    out.line(`The limit of the ${window} is gone.`);
    if (budget.data.length > 0) {
      const rows = budget.data.map((each) => ({ ...each, whose: `${scope} ${id}` }));
      for (const line of budgetLines(out, rows, nowMs())) out.line(line);
    }
    return exitCodes.ok;
  },
});
