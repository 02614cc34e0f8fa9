/** `pawl tasks cancel TASK`. */
import { taskId } from "../api/ids.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import { dollars } from "../terminal/amounts.ts";

export const tasksCancelCommand = defineCommand({
  name: "tasks cancel",
  about: "End a task at once; what it holds of a budget is free again.",
  asksApi: true,
  arguments: [{ name: "TASK", about: "A task's id, `task_…`." }],
  examples: [{ about: "It takes effect at once", line: "pawl tasks cancel task_01m822fd12bzdmjrnmjgya6dxh" }],
  async run({ api, args, out, json, signal }) {
    const task = await api().cancel(taskId(args[0]), { signal });
    if (json) out.json(task);
    else out.line(`${task.id} ${task.status} (it cost ${dollars(task.cost.usd)})`);
    return exitCodes.ok;
  },
});
