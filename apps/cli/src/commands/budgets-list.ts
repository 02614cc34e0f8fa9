/** `pawl budgets list`: those that were set by hand. */
import { gather } from "../api/open-api.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import { budgetLines } from "../terminal/budget-lines.ts";

const USUAL = 50;

export const budgetsListCommand = defineCommand({
  name: "budgets list",
  about: "List the budgets that were set by hand.",
  asksApi: true,
  options: { limit: { type: "count", value: "N", about: `How many at most. Else ${USUAL}.` } },
  examples: [{ about: "Who has a limit of his own", line: "pawl budgets list" }],
  async run({ api, options, out, json, nowMs, signal }) {
    const pawl = api();
    const page = await gather(options.limit ?? USUAL, undefined, (size, from) =>
      pawl.budgets({ limit: size, signal }).page(from),
    );
    if (json) out.json(page);
    else if (page.data.length === 0) {
      out.line("No budget was set by hand; the configuration's hold. `pawl budgets get user ID` shows them.");
    } else {
      const rows = page.data.flatMap(({ scope, id, windows }) =>
        windows.map((window) => ({ ...window, whose: `${scope} ${id}` })),
      );
      for (const line of budgetLines(out, rows, nowMs())) out.line(line);
    }
    return exitCodes.ok;
  },
});
