/**
 * Where a command writes: plain lines, or colours and a region redrawn in place where a person looks on. Colours only on
 * a terminal, and never where NO_COLOR is set (https://no-color.org).
 */
import type { Writable } from "node:stream";
import { styleText } from "node:util";
import { inertJson, inertLine } from "./inert-text.ts";

export type Colour = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export type TerminalStream = Writable & { isTTY?: boolean; columns?: number; rows?: number };

export type Output = {
  line(text: string): void;
  json(value: unknown): void;
  errorLine(text: string): void;
  paint(colour: Colour, text: string): string;
  paintError(colour: Colour, text: string): string;
  /** Text of others, in one line. */
  inert(text: string): string;
  /** Whether a person looks on. */
  readonly isTerminal: boolean;
  readonly stream: TerminalStream;
  /** Columns; as many as it takes where nobody looks on. */
  width(): number;
};

export function openOutput(deps: {
  stdout: TerminalStream;
  stderr: TerminalStream;
  env: NodeJS.ProcessEnv;
}): Output {
  const { stdout, stderr, env } = deps;
  const mayPaint = (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
  const painter = (stream: TerminalStream) => (colour: Colour, text: string) =>
    mayPaint && stream.isTTY === true ? styleText(colour, text, { validateStream: false }) : text;
  return {
    line: (text) => void stdout.write(`${text}\n`),
    json: (value) => void stdout.write(`${inertJson(value)}\n`),
    errorLine: (text) => void stderr.write(`${text}\n`),
    paint: painter(stdout),
    paintError: painter(stderr),
    inert: inertLine,
    isTerminal: stdout.isTTY === true && env.TERM !== "dumb",
    stream: stdout,
    width: () => (stdout.isTTY === true ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY),
  };
}
