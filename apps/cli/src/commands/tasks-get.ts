/** `pawl tasks get TASK`: all there is to say of one. */
import type { Task } from "@pawl/client";
import { taskId } from "../api/ids.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import {
  ago,
  bar,
  count,
  dollars,
  duration,
  limitDollars,
  percent,
  statusColour,
} from "../terminal/amounts.ts";
import { inertLine, inertLines } from "../terminal/inert-text.ts";
import type { Output } from "../terminal/output.ts";

export const tasksGetCommand = defineCommand({
  name: "tasks get",
  about: "Show a task: its state, what it used, its answer.",
  asksApi: true,
  arguments: [{ name: "TASK", about: "A task's id, `task_…`." }],
  examples: [
    { about: "For people", line: "pawl tasks get task_01m822fd12bzdmjrnmjgya6dxh" },
    {
      about: "Its answer alone",
      line: "pawl tasks get task_01m822fd12bzdmjrnmjgya6dxh --json | jq -r .result.text",
    },
  ],
  async run({ api, args, out, json, nowMs, signal }) {
    const task = await api().get(taskId(args[0]), { signal });
    if (json) out.json(task);
    else for (const line of describeTask(out, task, nowMs())) out.line(line);
    return exitCodes.ok;
  },
});

export function describeTask(out: Output, task: Task, nowMs: number): string[] {
  const { budget, usage, cost } = task;
  const colour = statusColour(task.status);
  const status = colour === undefined ? task.status : out.paint(colour, task.status);
  const why = [task.waiting_for && `for ${task.waiting_for}`, task.stop_reason].filter(Boolean).join(" ");
  const tokens =
    usage.input_tokens + usage.output_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
  const share = cost.usd / budget.max_cost_usd;
  const ran =
    task.started_at === null
      ? ""
      : `, ran ${duration((task.finished_at === null ? nowMs : Date.parse(task.finished_at)) - Date.parse(task.started_at))}`;
  const labels = Object.entries({ user: task.user, feature: task.feature, session: task.session_id })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${inertLine(value ?? "")}`);
  const row = (name: string, text: string) => `  ${out.paint("dim", name.padEnd(8))}  ${text}`;
  return [
    `${out.paint("bold", task.id)}  ${status}${why === "" ? "" : ` (${why})`}`,
    row(
      "agent",
      `${inertLine(task.agent)}, ${inertLine(task.model)}${task.model_provider ? `, ${inertLine(task.model_provider)}` : ""}`,
    ),
    ...(labels.length === 0 ? [] : [row("for", labels.join(", "))]),
    row(
      "cost",
      `${dollars(cost.usd)} of ${limitDollars(budget.max_cost_usd)}  ${bar(share, 24)} ${percent(share)}`,
    ),
    ...(cost.unconfirmed_usd > 0 ? [row("", `of it ${dollars(cost.unconfirmed_usd)} not confirmed`)] : []),
    row(
      "used",
      `${count(usage.model_calls)}/${count(budget.max_turns)} model calls, ${count(usage.tool_calls)}/${count(budget.max_tool_calls)} tool calls, ${count(tokens)}/${count(budget.max_tokens)} tokens`,
    ),
    row("steps", `${task.steps}${task.attempts > 1 ? `, in ${task.attempts} attempts` : ""}`),
    row("created", `${task.created_at} (${ago(task.created_at, nowMs)})${ran}`),
    ...(task.error === null ? [] : [row("error", `${task.error.code}: ${inertLine(task.error.message)}`)]),
    ...(task.degraded === null ? [] : [row("degraded", inertLine(task.degraded.message))]),
    ...(task.result === null ? [] : ["", ...inertLines(task.result.text).map((line) => `  ${line}`)]),
    ...adviceFor(task),
  ];
}

/** What can be done about an end that is not the wished one. */
function adviceFor({ id, status, stop_reason, budget }: Task): string[] {
  if (stop_reason === "budget_reached") {
    return [
      "",
      `  With more money: pawl tasks resume ${id} --budget ${(budget.max_cost_usd * 2).toFixed(2)}`,
    ];
  }
  if (status === "failed") return ["", `  To try again: pawl tasks resume ${id}`];
  return [];
}
