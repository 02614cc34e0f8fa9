// How a process ends. It promises that what was opened is closed in reverse order, that nobody's closing can hold
// up the end (each hook is bounded, and all of them by the grace), and that a process which must die of its own
// error still tries to leave in order.
//
//   running --SIGTERM, SIGINT, run()--> stopping --hooks done or out of time--> exit 0
//   running --uncaught error----------> stopping ------------------------------> exit 1
//   stopping --a second signal--------> exit 130 or 143, at once
import type { EventEmitter } from "node:events";
import type { Log } from "./log.ts";

export type Shutdown = {
  /**
   * Runs `hook` when the process ends; hooks registered last run first. A hook registered while the process is
   * ending runs too, so a start that the signal overtakes leaves nothing open.
   */
  onShutdown(name: string, hook: () => unknown, options?: { timeoutMs?: number }): void;
  /** Aborted as soon as the end begins, before any hook. */
  signal: AbortSignal;
  /** Begins the end, or joins it; resolves after the hooks, when the exit has been asked for. Never rejects. */
  run(reason: string, exitCode?: number): Promise<void>;
  /** Stops listening to the process; for tests. */
  dispose(): void;
};

export type ShutdownOptions = {
  log: Log;
  /** How long all hooks together may take. */
  graceMs: number;
  /** Whose signals and errors are heeded, and what exits; `process` in life. */
  signals?: EventEmitter & { exit(code: number): void };
  nowMs?: () => number;
};

type Hook = { name: string; hook: () => unknown; timeoutMs: number };

/** Even once the grace is used up, each remaining hook may send its goodbye. */
const leastHookMs = 50;

/** How long the last lines may take to leave. */
const flushMs = 1_000;

/**
 * One Ctrl-C reaches a process several times: from the terminal, which signals the whole group, and again from a
 * parent that passes it on. Signals this close together are one.
 */
const sameSignalMs = 500;

const exitCodes = { SIGINT: 130, SIGTERM: 143 };

export function createShutdown({
  log,
  graceMs,
  signals = process,
  nowMs = Date.now,
}: ShutdownOptions): Shutdown {
  const hooks: Hook[] = [];
  const controller = new AbortController();
  let ending: Promise<void> | undefined;
  let firstSignalMs: number | undefined;
  let exitCode = 0;
  let hooksDone = false;

  const run = (reason: string, code = 0): Promise<void> => {
    exitCode = Math.max(exitCode, code);
    ending ??= end(reason);
    return ending;
  };

  const end = async (reason: string) => {
    const deadlineMs = nowMs() + graceMs;
    log.info("shutting down", { reason, graceMs });
    controller.abort(new Error(`shutting down: ${reason}`));
    for (let next = hooks.pop(); next !== undefined; next = hooks.pop()) {
      await runHook(next, Math.max(leastHookMs, deadlineMs - nowMs()), log);
    }
    hooksDone = true;
    log.info("shut down", { reason, exitCode });
    await within(flushMs, log.flush());
    signals.exit(exitCode);
  };

  const onSignal = (name: keyof typeof exitCodes) => {
    const atMs = nowMs();
    firstSignalMs ??= atMs;
    if (ending === undefined) run(name);
    else if (atMs - firstSignalMs >= sameSignalMs) signals.exit(exitCodes[name]);
  };
  const onSigint = () => onSignal("SIGINT");
  const onSigterm = () => onSignal("SIGTERM");
  const onError = (kind: string) => (error: unknown) => {
    log.error(kind, { error });
    run(kind, 1);
  };
  const onException = onError("uncaught exception");
  const onRejection = onError("unhandled rejection");
  const heeded = [
    ["SIGINT", onSigint],
    ["SIGTERM", onSigterm],
    ["uncaughtException", onException],
    ["unhandledRejection", onRejection],
  ] as const;
  const emitter: EventEmitter = signals;
  for (const [event, listener] of heeded) emitter.on(event, listener);

  return {
    onShutdown(name, hook, { timeoutMs = graceMs } = {}) {
      const registered = { name, hook, timeoutMs };
      if (hooksDone) void runHook(registered, leastHookMs, log);
      else hooks.push(registered);
    },
    signal: controller.signal,
    run,
    dispose() {
      for (const [event, listener] of heeded) emitter.off(event, listener);
    },
  };
}

async function runHook({ name, hook, timeoutMs }: Hook, leftMs: number, log: Log): Promise<void> {
  const boundMs = Math.min(timeoutMs, leftMs);
  try {
    // Called within a promise, so that a hook that throws at once is one that rejects.
    const closed = Promise.resolve().then(hook);
    if (await within(boundMs, closed)) log.debug("closed", { hook: name });
    else log.warn("did not close in time", { hook: name, timeoutMs: boundMs });
  } catch (error) {
    log.error("did not close", { hook: name, error });
  }
}

/** Whether `work` ended in time. Rejects as it does; a rejection that comes too late is nobody's. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
