/** `pawl budgets remove SCOPE ID`: takes a limit that was set by hand away; the configured one holds again, or none. */
import { type BudgetView, WindowName } from "@pawl/protocol";
import { budgetPath, SCOPE_ARGUMENTS } from "../api/budget-path.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import { budgetLines } from "../terminal/budget-lines.ts";

export const budgetsRemoveCommand = defineCommand({
  name: "budgets remove",
  about: "Take a limit that was set by hand away; the configured one holds again.",
  asksApi: true,
  arguments: SCOPE_ARGUMENTS,
  options: { window: { type: "text", choices: WindowName.options, about: "Of which window. Else day." } },
  examples: [{ about: "Back to the configured limit", line: "pawl budgets remove user C-1042 --window day" }],
  async run({ api, args: [scope = "", id = ""], options, out, json, nowMs }) {
    const query = { window: options.window ?? "day" };
    const budget: BudgetView = await api().send("DELETE", budgetPath(scope, id), { query });
    if (json) {
      out.json(budget);
      return exitCodes.ok;
    }
    out.line(`The limit of the ${query.window} is gone.`);
    if (budget.data.length > 0) {
      const rows = budget.data.map((window) => ({ ...window, whose: `${scope} ${id}` }));
      for (const line of budgetLines(out, rows, nowMs())) out.line(line);
    }
    return exitCodes.ok;
  },
});
