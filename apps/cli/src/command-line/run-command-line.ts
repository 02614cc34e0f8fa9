/**
 * One run of `pawl`: from its words to its exit code. Whatever a command throws ends here, in a sentence and a piece of
 * advice on standard error; a stack is shown only for what is our own mistake.
 */
import { PawlError } from "@pawl/client";
import { explainError } from "../api/explain-error.ts";
import { type Connection, findConnection } from "../api/find-connection.ts";
import { type ApiOptions, openApi } from "../api/open-api.ts";
import { inertJson } from "../terminal/inert-text.ts";
import type { Output } from "../terminal/output.ts";
import type { Command, World } from "./command.ts";
import { CommandFault, exitCodes } from "./fault.ts";
import { helpOf, helpOfAll, helpOfRoom } from "./help.ts";
import { parseCommandLine } from "./parse.ts";

export type CommandLineDeps = Omit<World, "out"> & {
  readonly commands: readonly Command[];
  readonly version: string;
  readonly out: Output;
};

/** Resolves with the exit code; rejects never. */
export async function runCommandLine(deps: CommandLineDeps, words: readonly string[]): Promise<number> {
  const { commands, version, out, ...world } = deps;
  // Before anything is parsed: a fault of the parsing is JSON, too, where JSON is wanted.
  const json = words.includes("--json");
  let used: Connection | undefined;
  try {
    const parsed = parseCommandLine(commands, words);
    if (parsed.kind === "version") {
      out.line(json ? JSON.stringify({ version }) : version);
      return exitCodes.ok;
    }
    if (parsed.kind === "help") {
      const { command, room } = parsed;
      if (command !== undefined) out.line(helpOf(command, out));
      else out.line(room === undefined ? helpOfAll(commands, out) : helpOfRoom(commands, room, out));
      return exitCodes.ok;
    }
    const { command, args, options } = parsed;
    const connection = () => {
      used ??= findConnection({
        url: textOf(options.url),
        key: textOf(options.key),
        env: world.env,
        root: world.root,
      });
      return used;
    };
    const api = (options?: ApiOptions) => openApi(connection(), options);
    return await command.run({ ...world, out, args, options, json: options.json === true, connection, api });
  } catch (error) {
    if (world.signal.aborted) return exitCodes.interrupted;
    const fault = error instanceof PawlError && used !== undefined ? explainError(error, used) : error;
    return sayFault(out, json, fault);
  }
}

function sayFault(out: Output, json: boolean, error: unknown): number {
  const fault =
    error instanceof CommandFault
      ? error
      : new CommandFault(
          exitCodes.failed,
          error instanceof Error ? (error.stack ?? error.message) : String(error),
          {
            code: "internal_error",
            fix: "This is a mistake in Pawl: please report it with the lines above.",
          },
        );
  const { message, fix, code, requestId, exitCode } = fault;
  if (json) {
    const said = { code, message, fix: fix ?? null, request_id: requestId ?? null };
    out.errorLine(inertJson({ error: said, exit_code: exitCode }));
    return exitCode;
  }
  out.errorLine(`${out.paintError("red", "pawl:")} ${out.inert(message)}`);
  for (const line of fix?.split("\n") ?? []) out.errorLine(`  ${out.inert(line)}`);
  return exitCode;
}

function textOf(value: string | number | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
