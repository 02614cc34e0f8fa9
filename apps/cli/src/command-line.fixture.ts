/** `pawl` as a function: words in, exit code and what was written out; and streams that say they are a terminal. */

import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { runCommandLine } from "./command-line/run-command-line.ts";
import { commands } from "./commands/table.ts";
import { openOutput, type TerminalStream } from "./terminal/output.ts";

export type Run = { code: number; out: string; err: string };

/** An environment in which nothing is found by itself: no data folder, no settings of the machine. */
export function bareEnv(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PAWL_DATA_DIR: join(import.meta.dirname, "no-such-folder"), ...more };
}

export type RunOptions = {
  env?: NodeJS.ProcessEnv;
  stdin?: string;
  isTerminal?: boolean;
  signal?: AbortSignal;
  /** Is told of all that was written so far, each time. */
  onOut?: (out: string) => void;
};

export async function runPawl(words: readonly string[], options: RunOptions = {}): Promise<Run> {
  const stdout = gathering(options.isTerminal ?? false, options.onOut);
  const stderr = gathering(options.isTerminal ?? false);
  const env = options.env ?? bareEnv();
  const code = await runCommandLine(
    {
      commands,
      version: "0.0.0-test",
      out: openOutput({ stdout: stdout.stream, stderr: stderr.stream, env }),
      stdin: Readable.from([options.stdin ?? ""]),
      env,
      root: join(import.meta.dirname, "../../.."),
      signal: options.signal ?? new AbortController().signal,
      nowMs: Date.now,
    },
    words,
  );
  return { code, out: stdout.text(), err: stderr.text() };
}

export function gathering(
  isTerminal: boolean,
  onWrite: (text: string) => void = () => undefined,
): { stream: TerminalStream; text: () => string } {
  let text = "";
  const stream: TerminalStream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      onWrite(text);
      done();
    },
  });
  if (isTerminal) Object.assign(stream, { isTTY: true, columns: 100, rows: 30 });
  return { stream, text: () => text };
}
