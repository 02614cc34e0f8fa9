/** `pawl tasks resume TASK`: a stopped or failed one goes on from its journal. */
import { taskId } from "../api/ids.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import { watchTask } from "../watch/watch-task.ts";

export const tasksResumeCommand = defineCommand({
  name: "tasks resume",
  about: "Let a stopped or failed task go on where it was.",
  details:
    "Nothing that was done is done or paid for again. A task that a limit stopped goes on only once it is raised.",
  asksApi: true,
  arguments: [{ name: "TASK", about: "A task's id, `task_…`." }],
  options: {
    budget: { type: "usd", value: "USD", about: "What it may cost in all, from its beginning." },
    "max-turns": { type: "count", value: "N", about: "How many turns it may take in all." },
    "max-tool-calls": { type: "count", value: "N", about: "How many tools it may call in all." },
    "max-tokens": { type: "count", value: "N", about: "How many tokens it may use in all." },
    watch: { type: "flag", short: "w", about: "Follow it to its end." },
  },
  examples: [
    {
      about: "With more money",
      line: "pawl tasks resume task_01m822fd12bzdmjrnmjgya6dxh --budget 1.00 --watch",
    },
    { about: "After a failure that is mended", line: "pawl tasks resume task_01m822fd12bzdmjrnmjgya6dxh" },
  ],
  async run(call) {
    const { api, args, options, out, json, signal } = call;
    const budget = {
      ...(options.budget === undefined ? {} : { max_cost_usd: options.budget }),
      ...(options["max-turns"] === undefined ? {} : { max_turns: options["max-turns"] }),
      ...(options["max-tool-calls"] === undefined ? {} : { max_tool_calls: options["max-tool-calls"] }),
      ...(options["max-tokens"] === undefined ? {} : { max_tokens: options["max-tokens"] }),
    };
    const body = Object.keys(budget).length === 0 ? {} : { budget };
    const task = await api().resume(taskId(args[0]), body, { signal });
    if (options.watch) return watchTask(call, task.id);
    if (json) out.json(task);
    else out.line(`${task.id} ${task.status}`);
    return exitCodes.ok;
  },
});
