/**
 * Follows a task to its end before somebody's eyes. On a terminal its steps pass by and a few lines below show where it
 * is; elsewhere the steps alone, one plain line each; as JSON every event, one a line, and the task at last.
 */
import type { Task } from "@pawl/protocol";
import type { Call } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import { dollars, statusColour } from "../terminal/amounts.ts";
import { inertLine, inertLines } from "../terminal/inert-text.ts";
import { openLiveRegion } from "../terminal/live-region.ts";
import type { Output } from "../terminal/output.ts";
import { makeEventLines } from "../up/describe-event.ts";
import { progressLines } from "./progress-lines.ts";
import { applyText, applyToProgress, beginProgress } from "./task-progress.ts";

type Watch = Pick<Call, "out" | "json" | "signal" | "nowMs" | "api">;

const TICK_MS = 1_000;

/** The exit code: 0 completed, 3 ended otherwise, 130 let go of. */
export async function watchTask(call: Watch, task: string): Promise<number> {
  const { out, json } = call;
  try {
    if (json) await followAsJson(call, task);
    else if (out.isTerminal) await followOnTerminal(call, task);
    else await followInLines(call, task);
  } catch (error) {
    if (!call.signal.aborted) throw error;
    out.errorLine(`Let go of ${task}, which goes on.`);
    out.errorLine(`  pawl tasks watch ${task}    to follow it again`);
    out.errorLine(`  pawl tasks cancel ${task}   to end it`);
    return exitCodes.interrupted;
  }
  const ended: Task = await call.api().get(`/v1/tasks/${task}`);
  if (json) out.json(ended);
  else sayEnd(out, ended);
  return ended.status === "completed" ? exitCodes.ok : exitCodes.notCompleted;
}

async function followAsJson({ out, api }: Watch, task: string): Promise<void> {
  for await (const followed of api().follow(task)) {
    if (followed.kind === "event") out.json(followed.event);
  }
}

async function followInLines({ out, api }: Watch, task: string): Promise<void> {
  const describe = makeEventLines();
  let isAway = false;
  for await (const followed of api().follow(task)) {
    if (followed.kind === "away" && !isAway) out.errorLine("the api does not answer; trying again");
    isAway = followed.kind === "away";
    if (followed.kind !== "event") continue;
    const line = describe(followed.event);
    if (line !== undefined) out.line(`  ${inertLine(line)}`);
  }
}

async function followOnTerminal({ out, api, nowMs }: Watch, task: string): Promise<void> {
  const region = openLiveRegion(out.stream);
  const describe = makeEventLines();
  let progress = beginProgress(task);
  let awayMs: number | undefined;
  const show = () => region.show(progressLines(out, progress, { nowMs: nowMs(), awayMs }));
  const tick = setInterval(show, TICK_MS);
  try {
    for await (const followed of api().follow(task)) {
      awayMs = followed.kind === "away" ? followed.sinceMs : undefined;
      if (followed.kind === "text") progress = applyText(progress, followed.text);
      if (followed.kind === "event") {
        progress = applyToProgress(progress, followed.event);
        const line = describe(followed.event);
        if (line !== undefined) region.persist(out.paint("dim", `  ${inertLine(line)}`));
      }
      show();
    }
  } finally {
    clearInterval(tick);
    region.close();
  }
}

/** The last word on a task; the same as `npm start` has for its sample. */
export function sayEnd(out: Output, task: Task): void {
  const colour = statusColour(task.status);
  out.line(`${task.id} ${colour === undefined ? task.status : out.paint(colour, task.status)}`);
  const why = [task.stop_reason, task.error?.message].filter((part) => part && part !== "end_turn");
  if (why.length > 0) out.line(`  because: ${inertLine(why.join(": "))}`);
  if (task.degraded !== null) out.line(`  degraded: ${inertLine(task.degraded.message)}`);
  for (const line of task.result ? inertLines(task.result.text) : []) out.line(`  ${line}`);
  out.line(`  (it cost ${dollars(task.cost.usd)})`);
}
