/** `pawl tasks list`: what there is, newest first. */
import type { Task } from "@pawl/client";
import { StopReason, TaskStatus } from "@pawl/protocol";
import { gather } from "../api/open-api.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import { ago, dollars, statusColour } from "../terminal/amounts.ts";
import { tableLines } from "../terminal/table.ts";

const USUAL = 20;

export const tasksListCommand = defineCommand({
  name: "tasks list",
  about: "List tasks, newest first.",
  asksApi: true,
  options: {
    status: { type: "text", choices: TaskStatus.options, about: "Only those in this state." },
    "stop-reason": {
      type: "text",
      value: "REASON",
      choices: StopReason.options,
      about: "Only those that ended so.",
    },
    user: { type: "text", value: "ID", about: "Only this user's." },
    feature: { type: "text", value: "NAME", about: "Only this feature's." },
    agent: { type: "text", value: "NAME", about: "Only this agent's." },
    session: { type: "text", value: "ID", about: "Only this conversation's." },
    limit: { type: "count", value: "N", about: `How many at most. Else ${USUAL}.` },
    cursor: {
      type: "text",
      value: "CURSOR",
      about: "Go on where an earlier list ended (its `next_cursor`).",
    },
  },
  examples: [
    { about: "What runs right now", line: "pawl tasks list --status running" },
    { about: "What a limit stopped", line: "pawl tasks list --stop-reason budget_reached --limit 100" },
    { about: "The ids of a user's tasks", line: "pawl tasks list --user C-1042 --json | jq -r '.data[].id'" },
  ],
  async run({ api, options, out, json, nowMs, signal }) {
    const { status, user, feature, agent, limit, cursor } = options;
    const filters = {
      status,
      user,
      feature,
      agent,
      session_id: options.session,
      stop_reason: options["stop-reason"],
    };
    const pawl = api();
    const page = await gather(limit ?? USUAL, cursor, (size, from) =>
      pawl.tasks(filters, { limit: size, signal }).page(from),
    );
    if (json) {
      out.json(page);
      return exitCodes.ok;
    }
    if (page.data.length === 0) {
      const isFiltered = Object.values(filters).some((value) => value !== undefined);
      out.line(
        isFiltered ? "No task is so." : 'There are no tasks yet. Try: pawl run "What is 6 * 7?" --watch',
      );
      return exitCodes.ok;
    }
    const columns = [
      { title: "ID", cell: (task: Task) => task.id },
      {
        title: "STATUS",
        cell: (task: Task) => (task.waiting_for === null ? task.status : `waiting: ${task.waiting_for}`),
        colour: (task: Task) => statusColour(task.status),
      },
      {
        title: "WHY",
        rare: true as const,
        cell: (task: Task) => (task.status === "completed" ? "" : (task.stop_reason ?? "")),
      },
      { title: "COST", cell: (task: Task) => dollars(task.cost.usd), alignRight: true as const },
      { title: "STEPS", cell: (task: Task) => String(task.steps), alignRight: true as const },
      { title: "CREATED", cell: (task: Task) => ago(task.created_at, nowMs()) },
      { title: "AGENT", cell: (task: Task) => task.agent },
      { title: "USER", rare: true as const, cell: (task: Task) => task.user ?? "" },
    ];
    for (const line of tableLines(out, columns, page.data)) out.line(line);
    if (page.next_cursor !== null)
      out.line(out.paint("dim", "… and more: --limit N shows as many as you like"));
    return exitCodes.ok;
  },
});
