/**
 * Follows a task to its end before somebody's eyes. On a terminal its steps pass by and a few lines below show where it
 * is; elsewhere the steps alone, one plain line each; as JSON every event, one a line, and the task at last.
 */
import type { Task } from "@pawl/client";
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
const PATIENT_RETRIES = 8;

/** The exit code: 0 completed, 3 ended otherwise, 130 let go of. */
export async function watchTask(call: Watch, task: string): Promise<number> {
  const { out, json } = call;
  try {
    await call.api().get(task, { signal: call.signal }); // what is not there, or not reached, is told of at once
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
  // Who outlasted restarts so far outlasts one more.
  const ended = await call.api({ retries: PATIENT_RETRIES }).get(task, { signal: call.signal });
  if (json) out.json(ended);
  else sayEnd(out, ended);
  return ended.status === "completed" ? exitCodes.ok : exitCodes.notCompleted;
}

async function followAsJson({ out, api, signal }: Watch, task: string): Promise<void> {
  for await (const event of api().stream(task, { signal })) out.json(event);
}

async function followInLines({ out, api, signal }: Watch, task: string): Promise<void> {
  const describe = makeEventLines();
  let isAway = false;
  const onAnswer = (isAnswered: boolean) => {
    if (!isAnswered && !isAway) out.errorLine("the api does not answer; trying again");
    isAway = !isAnswered;
  };
  const pawl = api({ onAnswer });
  for await (const event of pawl.stream(task, { signal })) {
    const line = describe(event);
    if (line !== undefined) out.line(`  ${inertLine(line)}`);
  }
}

async function followOnTerminal({ out, api, signal, nowMs }: Watch, task: string): Promise<void> {
  const region = openLiveRegion(out.stream);
  const describe = makeEventLines();
  let progress = beginProgress(task);
  let awaySinceMs: number | undefined;
  const show = () => {
    const awayMs = awaySinceMs === undefined ? undefined : nowMs() - awaySinceMs;
    region.show(progressLines(out, progress, { nowMs: nowMs(), awayMs }));
  };
  const onAnswer = (isAnswered: boolean) => {
    awaySinceMs = isAnswered ? undefined : (awaySinceMs ?? nowMs());
    show();
  };
  const pawl = api({ onAnswer });
  const onText = (text: string) => {
    progress = applyText(progress, text);
    show();
  };
  const tick = setInterval(show, TICK_MS);
  try {
    for await (const event of pawl.stream(task, { signal, onText })) {
      progress = applyToProgress(progress, event);
      show();
      const line = describe(event);
      if (line !== undefined) region.persist(out.paint("dim", `  ${inertLine(line)}`));
    }
  } finally {
    clearInterval(tick);
    region.close();
  }
}

/** The last word on a task; the same as `npm start` has for its sample. */
export function sayEnd(out: Pick<Output, "line" | "paint">, task: Task): void {
  const colour = statusColour(task.status);
  out.line(`${task.id} ${colour === undefined ? task.status : out.paint(colour, task.status)}`);
  const why = [task.stop_reason, task.error?.message].filter((part) => part && part !== "end_turn");
  if (why.length > 0) out.line(`  because: ${inertLine(why.join(": "))}`);
  if (task.degraded !== null) out.line(`  degraded: ${inertLine(task.degraded.message)}`);
  for (const line of task.result ? inertLines(task.result.text) : []) out.line(`  ${line}`);
  out.line(`  (it cost ${dollars(task.cost.usd)})`);
}
