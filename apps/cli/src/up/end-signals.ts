/**
 * The ways in which `npm start` is asked to end, as one abort signal.
 */

/** One Ctrl-C can arrive several times, from the terminal and from npm; only a later one is a second one. */
const SAME_SIGNAL_MS = 500;

/** Ctrl-C, SIGTERM, a closed terminal or the loss of our parent ask for the end; a second one forces it. */
export function endOnSignals(): AbortSignal {
  const ending = new AbortController();
  let firstAtMs: number | undefined;
  const end = () => {
    firstAtMs ??= performance.now();
    ending.abort(new Error("asked to end"));
    // What we started is guarded: without us it ends by itself, at once.
    if (performance.now() - firstAtMs > SAME_SIGNAL_MS) process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  process.once("disconnect", () => ending.abort(new Error("the parent is gone")));
  process.channel?.unref();
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined); // a closed pipe
  return ending.signal;
}
