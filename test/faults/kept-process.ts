/**
 * A process that is kept up, as an orchestrator would: when it ends, by our hand or of itself, it is started again
 * after a while. Remembers every process it has been, for their logs, and what went wrong with ending.
 */
import type { LogLine, PawlProcess } from "../support/pawl-process.ts";

export type KeptProcess = {
  name: string;
  /** Sends the signal, waits for the end, and starts it again after `downMs`. */
  strike(signal: "SIGKILL" | "SIGTERM", downMs: number): Promise<void>;
  pause(forMs: number): Promise<void>;
  /** Lets it go on if it was paused, and resolves when it is up. */
  heal(): Promise<void>;
  close(): Promise<void>;
  isUp(): boolean;
  /** Every line of every process it has been, oldest first. */
  log(): LogLine[];
  /** The end of what the newest that ended had to say. */
  lastWords(): string;
  /** What it should not have done. */
  problems: string[];
  /** The longest time from SIGTERM to its end. */
  slowestEndMs(): number;
};

export type KeptProcessOptions = {
  name: string;
  spawn: () => PawlProcess;
  /** The log line that says it is up. */
  upLine: string;
};

/** Invariant 8 allows five seconds; a busy machine gets twice as much before it counts as a fault. */
const SLOWEST_END_MS = 10_000;
const RESTART_MS = 300;

export function keepProcess({ name, spawn, upLine }: KeptProcessOptions): KeptProcess {
  const past: PawlProcess[] = [];
  const problems: string[] = [];
  let slowestEndMs = 0;
  let closed = false;
  /** Set while it is down by our hand. */
  let down: Promise<void> | undefined;
  let endPause: (() => void) | undefined;
  let current = start();

  function start(): PawlProcess {
    const started = spawn();
    past.push(started);
    void started.exited.then((code) => {
      if (closed || down !== undefined || current !== started) return;
      // One that was never up could not reach Redis, and was right to give up.
      if (isUp(started)) problems.push(`${name} ended of itself with ${code}: ${lastWords(started)}`);
      setTimeout(() => {
        if (!closed && down === undefined && current === started) current = start();
      }, RESTART_MS);
    });
    return started;
  }

  const isUp = ({ lines }: PawlProcess) => lines.some(({ message }) => message === upLine);

  async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const victim = current;
    const wasUp = isUp(victim);
    const sentAtMs = performance.now();
    const hard = setTimeout(() => void victim.end("SIGKILL"), SLOWEST_END_MS);
    await victim.end(signal);
    clearTimeout(hard);
    if (signal !== "SIGTERM") return;
    const tookMs = Math.round(performance.now() - sentAtMs);
    slowestEndMs = Math.max(slowestEndMs, tookMs);
    if (wasUp && tookMs >= SLOWEST_END_MS) problems.push(`${name} took ${tookMs} ms to end on SIGTERM`);
  }

  return {
    name,
    async strike(signal, downMs) {
      if (down !== undefined || closed) return;
      const strike = Promise.withResolvers<void>();
      down = strike.promise;
      endPause?.();
      await end(signal);
      await new Promise((resolve) => setTimeout(resolve, downMs));
      down = undefined;
      if (!closed) current = start();
      strike.resolve();
    },
    async pause(forMs) {
      const { child } = current;
      if (down !== undefined || !child.kill("SIGSTOP")) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => endPause?.(), forMs);
        endPause = () => {
          clearTimeout(timer);
          endPause = undefined;
          child.kill("SIGCONT");
          resolve();
        };
      });
    },
    async heal() {
      endPause?.();
      await down;
      // One that gives up before it is up is followed by another.
      while (!closed && !(await current.logged(upLine).then(Boolean, () => false)))
        await new Promise((resolve) => setTimeout(resolve, RESTART_MS * 2));
    },
    async close() {
      closed = true;
      endPause?.();
      await current.end("SIGKILL");
    },
    isUp: () => down === undefined && endPause === undefined && isUp(current),
    log: () => past.flatMap(({ lines }) => lines),
    lastWords: () => lastWords(past.at(-2) ?? current),
    problems,
    slowestEndMs: () => slowestEndMs,
  };
}

function lastWords({ lines, stderr }: PawlProcess): string {
  const last = lines.slice(-3).map((line) => JSON.stringify(line));
  return [...last, stderr()].join("\n");
}
