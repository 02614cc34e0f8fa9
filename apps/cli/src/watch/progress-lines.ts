/** A task's progress as the few lines that are redrawn in place: where it is, what it used, what it costs, what it says. */
import { bar, count, dollars, duration, limitDollars, percent, statusColour } from "../terminal/amounts.ts";
import { inertLine, inertLines } from "../terminal/inert-text.ts";
import type { Output } from "../terminal/output.ts";
import { cut } from "../terminal/table.ts";
import type { TaskProgress } from "./task-progress.ts";

const BAR_CELLS = 24;
const TEXT_LINES = 5;

export function progressLines(
  out: Output,
  progress: TaskProgress,
  { nowMs, awayMs }: { nowMs: number; awayMs: number | undefined },
): string[] {
  const { budget, status, waitingFor, running, startedAtMs, attempt } = progress;
  const width = Math.min(out.width(), 100) - 1;
  const state = waitingFor === undefined ? status : `${status} for ${waitingFor}`;
  const where = [
    startedAtMs === undefined ? "" : runningFor(nowMs - startedAtMs),
    progress.agent,
    progress.model,
    attempt > 1 ? `attempt ${attempt}` : "",
    running.length > 0 ? `runs ${running.join(", ")}` : "",
  ].filter((part) => part !== "");
  const head = `${out.paint(statusColour(status) ?? "bold", `● ${inertLine(state)}`)}  ${out.paint("dim", cut(inertLine(where.join(" · ")), Math.max(1, width - state.length - 4)))}`;
  const used = [
    `turns ${of(progress.turns, budget?.max_turns)}`,
    `calls ${of(progress.calls, budget?.max_tool_calls)}`,
    `tokens ${of(progress.tokens, budget?.max_tokens)}`,
  ].join("   ");
  return [
    "",
    head,
    `  ${cut(used, width - 2)}`,
    `  ${moneyLine(out, progress)}`,
    ...textLines(out, progress.text, width),
    ...(awayMs === undefined
      ? []
      : [out.paint("yellow", `  the api does not answer; trying again (${duration(awayMs)})`)]),
  ];
}

function moneyLine(out: Output, { costUsd, heldUsd, budget }: TaskProgress): string {
  if (budget === undefined) return dollars(costUsd);
  const share = costUsd / budget.max_cost_usd;
  const colour = share >= 1 ? "red" : share >= 0.8 ? "yellow" : "green";
  const held = heldUsd > 0 ? out.paint("dim", `  ${dollars(heldUsd)} held`) : "";
  return `${out.paint(colour, bar(share, BAR_CELLS))} ${dollars(costUsd)} of ${limitDollars(budget.max_cost_usd)} (${percent(share)})${held}`;
}

function textLines(out: Output, text: string, width: number): string[] {
  if (text.trim() === "") return [];
  const lines = inertLines(text.trimEnd()).flatMap((line) => wrapped(line, width - 4));
  return lines.slice(-TEXT_LINES).map((line) => out.paint("dim", `  ┆ ${line}`));
}

/** By characters: the text is still being written, and its end is what counts. */
function wrapped(line: string, width: number): string[] {
  const characters = Array.from(line);
  const parts: string[] = [];
  do parts.push(characters.splice(0, Math.max(10, width)).join(""));
  while (characters.length > 0);
  return parts.map((part) => cut(part, width));
}

/** In whole seconds: nothing shall flicker. */
function runningFor(ms: number): string {
  return ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1_000))} s` : duration(ms);
}

function of(used: number, limit: number | undefined): string {
  return limit === undefined ? count(used) : `${count(used)}/${count(limit)}`;
}
