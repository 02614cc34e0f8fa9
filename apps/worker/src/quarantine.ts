/**
 * Suspects, tasks whose worker died twice without a step between, are performed alone: in a process of their own, one
 * at a time, so that no neighbour dies with them or is blamed. The process is started when there is a suspect and
 * ends when there is none.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Log } from "@pawl/service";
import type { Store } from "@pawl/store";

const LOOK_EVERY_MS = 500;
const END_AFTER_IDLE_MS = 10_000;

/** In every ordinary worker: keeps one child per worker while the quarantine lane has work. Returns how to stop. */
export function watchQuarantine(store: Store, log: Log): () => Promise<void> {
  let child: ChildProcess | undefined;
  let stopped = false;
  const look = async () => {
    if (child !== undefined || stopped) return;
    const waiting = await store.queues.quarantine.getJobCountByTypes("waiting", "active", "delayed");
    if (waiting === 0 || child !== undefined || stopped) return;
    log.warn("a suspect task is performed alone, in a process of its own");
    child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      env: { ...process.env, PAWL_LANE: "quarantine", WORKER_PORT: "" },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.once("exit", () => {
      child = undefined;
    });
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => log.warn("the quarantine lane could not be looked at", { error }));
  }, LOOK_EVERY_MS);
  return async () => {
    stopped = true;
    clearInterval(timer);
    const last = child;
    if (last === undefined) return;
    const exited = new Promise((resolve) => last.once("exit", resolve));
    last.kill("SIGTERM");
    await exited;
  };
}

/** In the child: ends it with its parent, or when there has been nothing to do for a while. */
export function endWhenIdle(isBusy: () => boolean, end: (reason: string) => void): () => void {
  let idleSinceMs = performance.now();
  process.once("disconnect", () => end("its parent is gone"));
  const timer = setInterval(() => {
    if (isBusy()) idleSinceMs = performance.now();
    else if (performance.now() - idleSinceMs > END_AFTER_IDLE_MS) end("no suspect is left");
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
