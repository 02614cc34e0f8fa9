// Ends a process with the one that started it. `npm start` gives its children a pipe and sets PAWL_PARENT_PIPE=1;
// the system closes the pipe however the parent ends, kill -9 included, so no child outlives it.
import type { EventEmitter } from "node:events";
import type { Shutdown } from "./shutdown.ts";

export type ExitWithParentOptions = {
  shutdown: Pick<Shutdown, "run">;
  env: Readonly<Record<string, string | undefined>>;
  stdin?: NodeJS.ReadableStream;
  /** Where the end of an IPC channel is told, should there be one; `process` in life. */
  channel?: EventEmitter;
};

/** Call once, after `createShutdown`. Does nothing unless PAWL_PARENT_PIPE is 1: a daemon's stdin is often closed. */
export function exitWithParent({ shutdown, env, stdin, channel = process }: ExitWithParentOptions): void {
  if (env.PAWL_PARENT_PIPE !== "1") return;
  const end = () => {
    shutdown.run("the parent process is gone");
  };
  const pipe = stdin ?? process.stdin;
  pipe.once("end", end).once("close", end).once("error", end);
  // What the parent writes is of no interest, but an end is only seen by reading up to it.
  pipe.resume();
  // Listening for the parent is no reason to stay alive.
  if ("unref" in pipe && typeof pipe.unref === "function") pipe.unref();
  channel.once("disconnect", end);
}
