// Turns one log entry into one line. Both forms are safe to show: whatever the text in an entry holds, it can
// neither start a new line, nor move a terminal's cursor, nor turn the reading direction around.

import { hex, unsafe, visible } from "./visible.ts";

/** A finished entry: redacted, JSON-safe, bounded. */
export type LogEntry = {
  level: "error" | "warn" | "info" | "debug";
  message: string;
  /** ISO 8601, UTC. */
  time: string;
  process: string;
  fields: Readonly<Record<string, unknown>>;
};

/** One JSON object: level, message, time and process first, then the fields. */
export function jsonLine({ level, message, time, process, fields }: LogEntry): string {
  const head = { level, message, time, process };
  // A field may not pass for the line's own members.
  const own = Object.keys(fields).some((name) => name in head)
    ? Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [name in head ? `${name}_` : name, value]),
      )
    : fields;
  const line = JSON.stringify({ ...head, ...own });
  return line.replace(unsafe, (character) => `\\u${hex(character).padStart(4, "0")}`);
}

const colours = { error: "\x1b[31m", warn: "\x1b[33m", info: "\x1b[32m", debug: "\x1b[2m" };
const dim = "\x1b[2m";
const plain = "\x1b[0m";

/** `16:04:05.678 info  worker task_1 message  key=value`; stacks, where entries hold them, on lines of their own. */
export function terminalLine(entry: LogEntry): string {
  const stacks: string[] = [];
  const fields = Object.entries(entry.fields).map(([name, value]) => {
    const text = isErrorLike(value) ? errorText(value, stacks) : fieldText(value);
    return ` ${dim}${visible(name)}=${plain}${visible(text)}`;
  });
  const head = `${dim}${entry.time.slice(11, 23)}${plain} ${colours[entry.level]}${entry.level.padEnd(5)}${plain}`;
  const lines = stacks
    .flatMap((stack) => stack.split("\n"))
    .map((line) => `\n    ${dim}${visible(line)}${plain}`);
  return `${head} ${visible(entry.process)} ${visible(entry.message)}${fields.join("")}${lines.join("")}`;
}

type ErrorLike = { name: string; message: string; code?: unknown; cause?: unknown; stack?: unknown };

function isErrorLike(value: unknown): value is ErrorLike {
  if (typeof value !== "object" || value === null) return false;
  const known = new Set(["name", "message", "code", "status", "cause", "errors", "stack"]);
  const { name, message } = value as Partial<ErrorLike>;
  return (
    typeof name === "string" &&
    typeof message === "string" &&
    Object.keys(value).every((key) => known.has(key))
  );
}

/** `TypeError: fetch failed (UND_ERR) ← Error: connect ECONNREFUSED` */
function errorText(error: ErrorLike, stacks: string[]): string {
  if (typeof error.stack === "string") stacks.push(error.stack);
  const code = error.code === undefined ? "" : ` (${fieldText(error.code)})`;
  const cause = isErrorLike(error.cause) ? ` ← ${errorText(error.cause, stacks)}` : "";
  return `${error.name}: ${error.message}${code}${cause}`;
}

function fieldText(value: unknown): string {
  if (typeof value === "string") return /[\s"=]/.test(value) || value === "" ? JSON.stringify(value) : value;
  return JSON.stringify(value) ?? "undefined";
}
