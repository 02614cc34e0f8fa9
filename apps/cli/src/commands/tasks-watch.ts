/** `pawl tasks watch TASK`: follows one to its end, from its first step on. */

import { taskId } from "../api/ids.ts";
import { defineCommand } from "../command-line/command.ts";
import { watchTask } from "../watch/watch-task.ts";

export const tasksWatchCommand = defineCommand({
  name: "tasks watch",
  about: "Follow a task live to its end.",
  details:
    "The steps that were taken already come first. An api that is restarted is waited for, and no step is missed. With --json: each event of the journal in a line, then the task.",
  asksApi: true,
  arguments: [{ name: "TASK", about: "A task's id, `task_…`." }],
  examples: [
    { about: "For people", line: "pawl tasks watch task_01m822fd12bzdmjrnmjgya6dxh" },
    {
      about: "What each turn cost",
      line: "pawl tasks watch task_01m822fd12bzdmjrnmjgya6dxh --json | jq 'select(.type == \"model.responded\") | .data.cost_usd'",
    },
  ],
  run(call) {
    return watchTask(call, taskId(call.args[0]));
  },
});
