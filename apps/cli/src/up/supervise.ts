/**
 * Keeps one child running: when it ends by itself it is started again, at once the first time, then after
 * pauses that double up to 15 s; a minute of good health resets them. A child that fails at its very first
 * start is not repeated: that is a fault of the set-up and the user must see it.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { RunningChild } from "./child.ts";

export type Supervised = {
  /** The first start's readiness; rejects when that start failed. */
  ready: Promise<{ port: number | undefined }>;
  /** Ends the present one and starts its successor now. */
  restart(graceMs: number): Promise<void>;
  stop(graceMs: number): Promise<void>;
};

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const HEALTHY_AFTER_MS = 60_000;

export function supervise(name: string, start: () => RunningChild, say: (line: string) => void): Supervised {
  const stopping = new AbortController();
  let child = start();
  const { ready } = child;
  let wakeEarly = new AbortController();
  let isWanted = false; // the end that comes next was asked for by restart()

  const keepRunning = async () => {
    const hasStarted = await ready.then(
      () => true,
      () => false,
    );
    for (let failures = 0; hasStarted; ) {
      const startedAtMs = performance.now();
      const how = await child.exited;
      if (stopping.signal.aborted) return;
      if (!isWanted) {
        failures = performance.now() - startedAtMs > HEALTHY_AFTER_MS ? 1 : failures + 1;
        const pauseMs = failures === 1 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 2), LONGEST_PAUSE_MS);
        say(`the ${name} ended (${how}); starting it again${pauseMs > 0 ? ` in ${pauseMs / 1000} s` : ""}`);
        wakeEarly = new AbortController();
        const signal = AbortSignal.any([stopping.signal, wakeEarly.signal]);
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
      if (stopping.signal.aborted) return;
      isWanted = false;
      child = start();
      child.ready.then(
        () => say(`the ${name} is ready again`),
        (error: Error) => (stopping.signal.aborted ? undefined : say(error.message)),
      );
    }
  };
  const kept = keepRunning();

  return {
    ready,
    async restart(graceMs) {
      isWanted = true;
      wakeEarly.abort();
      await child.stop(graceMs);
    },
    async stop(graceMs) {
      stopping.abort();
      await child.stop(graceMs);
      await kept;
    },
  };
}
