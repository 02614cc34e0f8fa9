/** One run, as everybody who has a part in it sees it. */
import type { Arena } from "./arena.ts";
import type { Crowd } from "./crowd.ts";
import type { Strikes } from "./strike.ts";

export type FaultRunOptions = {
  seed: number;
  seconds: number;
  workers: number;
  tasksPerSecond: number;
  say: (line: string) => void;
  /** Ends the run before its time. */
  signal: AbortSignal;
  /** Where every log line of every process is kept when it is over. */
  logFile?: string | undefined;
};

export type Round = { options: FaultRunOptions; arena: Arena; crowd: Crowd; strikes: Strikes };

/** Whose admin key all callers use. */
export const TENANT = "default";

/** Rejects with the signal's reason if that aborts first. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Rejects when the work is not done in time, or the signal aborts first. */
export async function inTime(
  what: string,
  timeoutMs: number,
  work: Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const late = sleep(timeoutMs, AbortSignal.any([signal, over.signal])).then(() => {
    throw new Error(`${what}: not done after ${timeoutMs / 1000} s`);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    // Without it the timer would keep the process.
    late.catch(() => {});
    over.abort();
  }
}
