/** `pawl budgets set SCOPE ID LIMIT`: one limit, of one window; it holds at once and for all processes. */
import { BUDGET_ARGUMENTS, budgetTarget, windowOf, windows } from "../api/budget-target.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes, usageFault } from "../command-line/fault.ts";
import { budgetLines } from "../terminal/budget-lines.ts";

export const budgetsSetCommand = defineCommand({
  name: "budgets set",
  about: "Set what somebody may spend in a window; it holds at once.",
  asksApi: true,
  arguments: [...BUDGET_ARGUMENTS, { name: "USD", about: "The limit, in dollars." }],
  options: {
    window: { type: "text", choices: windows, about: "The time it is for. Else day." },
    soft: { type: "usd", value: "USD", about: "From here on a cheaper model is used." },
    "on-exceeded": {
      type: "text",
      choices: ["refuse", "wait"],
      about: "New tasks, once it is spent: refused, or waiting for the window's end. Else refuse.",
    },
  },
  examples: [
    {
      about: "Two dollars a day, thriftily from 1.50 on",
      line: "pawl budgets set user C-1042 2 --window day --soft 1.50",
    },
    {
      about: "A feature's month",
      line: "pawl budgets set feature search 500 --window month --on-exceeded wait",
    },
  ],
  async run({ api, args, options, out, json, nowMs, signal }) {
    const { scope, id } = budgetTarget(args);
    const usd = args[2] ?? "";
    const limit = Number(usd.replace(/^\$/, ""));
    if (usd.trim() === "" || !Number.isFinite(limit) || limit < 0) {
      throw usageFault(`"${usd}" is no amount.`, "USD is dollars, such as 2 or 0.50.");
    }
    const body = {
      window: windowOf(options.window),
      limit_usd: limit,
      ...(options.soft === undefined ? {} : { soft_usd: options.soft }),
      ...(options["on-exceeded"] === undefined ? {} : { on_exceeded: options["on-exceeded"] }),
    };
    const budget = { data: await api().setBudget(scope, id, body, { signal }) };
    if (json) out.json(budget);
    else {
      const rows = budget.data.map((window) => ({ ...window, whose: `${scope} ${id}` }));
      for (const line of budgetLines(out, rows, nowMs())) out.line(line);
    }
    return exitCodes.ok;
  },
});
