/**
 * How a command ends when it does not end well: said in a sentence, with what to do about it and the exit code. The
 * codes are a promise to scripts; docs/cli.md shows this very table.
 */

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notCompleted: 3,
  unreachable: 4,
  keyRefused: 5,
  interrupted: 130,
} as const;

export const exitCodeMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.ok, "It was done. A task that was watched: completed."],
  [exitCodes.failed, "It was refused, or it failed; standard error says why. `doctor`: something is broken."],
  [exitCodes.usage, "The command line makes no sense; nothing was sent."],
  [
    exitCodes.notCompleted,
    "The task that was watched ended without completing: stopped, failed or cancelled.",
  ],
  [exitCodes.unreachable, "The api cannot be reached, or does not answer sensibly."],
  [exitCodes.keyRefused, "There is no API key, or the api refused it."],
  [exitCodes.interrupted, "Interrupted by Ctrl-C or a signal. A task that was watched goes on."],
];

export class CommandFault extends Error {
  override readonly name = "CommandFault";
  readonly exitCode: number;
  /** What to do about it; lines. */
  readonly fix: string | undefined;
  /** The api's stable code, or our own. */
  readonly code: string;
  readonly requestId: string | undefined;
  constructor(
    exitCode: number,
    message: string,
    more: { fix?: string; code?: string; requestId?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.exitCode = exitCode;
    this.fix = more.fix;
    this.code = more.code ?? "failed";
    this.requestId = more.requestId;
  }
}

export function usageFault(message: string, fix?: string): CommandFault {
  return new CommandFault(exitCodes.usage, message, { code: "usage", ...(fix === undefined ? {} : { fix }) });
}
