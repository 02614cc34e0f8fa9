/**
 * The provider is down for a while, in the middle of many tasks: what it cost them, and how soon after it was back the
 * fleet found out. The simulator is the witness.
 */
import { join } from "node:path";
import type { TaskState } from "@pawl/protocol";
import { openStore, parseRedisAddress } from "@pawl/store";
import { sleep } from "../faults/round.ts";
import { openStage } from "../overspend/stage.ts";
import { clearScript, script } from "../support/simulator-script.ts";
import { requestsOf, submitMany, untilEnded } from "./run-rate.ts";

export type OutageOptions = {
  outageMs: number;
  workers: number;
  tasks: number;
  /** Of each task: fewer than it takes to find out that the provider is down. */
  maxAttempts: number;
  say: (line: string) => void;
  signal: AbortSignal;
};

export type OutageRun = {
  states: TaskState[];
  /** Requests that met the outage. */
  refusedBy: number;
  /** From its end to the first request that was served. */
  firstServedAfterMs: number;
  /** From its end to the last task's. */
  lastTaskAfterMs: number;
};

const CONFIG = join(import.meta.dirname, "capacity.config.ts");

export async function runOutage(options: OutageOptions): Promise<OutageRun> {
  const { outageMs, workers, tasks, maxAttempts, signal, say } = options;
  const stage = await openStage({ workers, scenario: { default: "echo" }, config: CONFIG, signal });
  const store = await openStore({ address: parseRedisAddress(stage.redis.url), failFast: false });
  try {
    await untilEnded(store, await submitMany(stage, workers), signal);
    await script(stage, [{ fault: { kind: "status", status: 529 }, times: -1 }]);
    const ids = await submitMany(stage, tasks, { max_attempts: maxAttempts });
    say(`${tasks} tasks, ${workers} workers; the provider is down for ${outageMs / 1000} s`);
    await sleep(outageMs, signal);
    await clearScript(stage);
    const backAtMs = Date.now();
    const states = await untilEnded(store, ids, signal);
    const entries = await requestsOf(stage);
    const firstServedAtMs = Math.min(
      ...entries.flatMap(({ status, received_at_ms: atMs }) =>
        status === 200 && atMs >= backAtMs ? [atMs] : [],
      ),
    );
    return {
      states,
      refusedBy: entries.filter(({ status }) => status === 529).length,
      firstServedAfterMs: firstServedAtMs - backAtMs,
      lastTaskAfterMs: Math.max(...states.map(({ finishedAtMs }) => finishedAtMs ?? 0)) - backAtMs,
    };
  } finally {
    await store.close();
    await stage.close();
  }
}
