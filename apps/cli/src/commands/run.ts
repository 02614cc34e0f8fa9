/** `pawl run TEXT`: submits a task and, if asked to, follows it to its end. */
import { text as readAll } from "node:stream/consumers";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes, usageFault } from "../command-line/fault.ts";
import { limitDollars } from "../terminal/amounts.ts";
import { inertLine } from "../terminal/inert-text.ts";
import { watchTask } from "../watch/watch-task.ts";

export const runCommand = defineCommand({
  name: "run",
  about: "Submit a task; with --watch, follow it live to its end.",
  details:
    "Without --watch it prints the task's id and ends. With --watch the exit code says how the task ended; Ctrl-C lets go of the task, which goes on.",
  asksApi: true,
  arguments: [{ name: "TEXT", about: "What to do, in quotes. `-` reads it from standard input." }],
  options: {
    watch: {
      type: "flag",
      short: "w",
      about: "Follow it: turns, calls, tokens, dollars, the answer as it is written.",
    },
    agent: { type: "text", value: "NAME", about: "The agent to do it. Else `default`." },
    model: { type: "text", value: "NAME", about: "Another model than the agent's." },
    budget: { type: "usd", value: "USD", about: "What it may cost at most, in dollars." },
    "max-turns": { type: "count", value: "N", about: "How many turns it may take at most." },
    user: { type: "text", value: "ID", about: "Whom it is done for: budgets and reports know him by it." },
    feature: { type: "text", value: "NAME", about: "What is being paid for." },
    session: { type: "text", value: "ID", about: "The conversation that it belongs to." },
    priority: { type: "text", choices: ["low", "normal", "high"], about: "Its lane in the queue." },
  },
  examples: [
    {
      about: "Follow it live, for ten cents at most",
      line: 'pawl run "What is 12 * (3 + 4)?" --budget 0.10 --watch',
    },
    {
      about: "An agent of pawl.config.ts, on behalf of a user",
      line: 'pawl run "Which of my orders was the largest?" --agent support --user C-1042 -w',
    },
    { about: "From a file, and only the id of it", line: "pawl run - --json < question.txt | jq -r .id" },
  ],
  async run(call) {
    const { args, options, out, json, stdin } = call;
    const input = args[0] === "-" ? (await readAll(stdin)).trim() : (args[0] ?? "");
    if (input === "") throw usageFault("There is nothing to do: TEXT is empty.");
    if (options.budget === 0) throw usageFault("--budget must be more than nothing.");
    const budget = {
      ...(options.budget === undefined ? {} : { max_cost_usd: options.budget }),
      ...(options["max-turns"] === undefined ? {} : { max_turns: options["max-turns"] }),
    };
    const body = {
      input,
      agent: options.agent,
      model: options.model,
      user: options.user,
      feature: options.feature,
      session_id: options.session,
      priority: options.priority,
      ...(Object.keys(budget).length === 0 ? {} : { budget }),
    };
    const task = await call.api().submit(body, { signal: call.signal });
    if (options.watch) {
      if (!json) {
        const may = `may cost ${limitDollars(task.budget.max_cost_usd)}`;
        out.line(
          `${task.id} ${out.paint("dim", `${inertLine(task.agent)}, ${inertLine(task.model)}, ${may}`)}`,
        );
      }
      return watchTask(call, task.id);
    }
    if (json) out.json(task);
    else {
      out.line(`${task.id} ${task.status}`);
      out.line(out.paint("dim", `  pawl tasks watch ${task.id}`));
    }
    return exitCodes.ok;
  },
});
