/** What this worker is performing right now, and how to break each of them off. */
import type { InterruptionKind } from "@pawl/agent";

export type RunningTask = {
  tenant: string;
  task: string;
  leg: number;
  interrupt: (kind: InterruptionKind) => void;
};

export type RunningTasks = {
  /** Returns the function that takes it out again. */
  enter(task: RunningTask): () => void;
  interrupt(which: { task: string; leg?: number; tenant?: string }, kind: InterruptionKind): void;
  /** Also those that enter later: a claim may be under way. */
  interruptAll(kind: InterruptionKind): void;
  size(): number;
};

export function runningTasks(): RunningTasks {
  // A task may be here twice for a moment: a start that has lost it beside the start that has it.
  const byTask = new Map<string, Set<RunningTask>>();
  let everybody: InterruptionKind | undefined;
  const all = function* () {
    for (const entries of byTask.values()) yield* entries;
  };
  return {
    enter(entry) {
      const entries = byTask.get(entry.task) ?? new Set();
      byTask.set(entry.task, entries.add(entry));
      if (everybody !== undefined) entry.interrupt(everybody);
      return () => {
        entries.delete(entry);
        if (entries.size === 0 && byTask.get(entry.task) === entries) byTask.delete(entry.task);
      };
    },
    interrupt({ task, leg, tenant }, kind) {
      for (const entry of byTask.get(task) ?? []) {
        if ((leg === undefined || leg === entry.leg) && (tenant === undefined || tenant === entry.tenant))
          entry.interrupt(kind);
      }
    },
    interruptAll(kind) {
      everybody = kind;
      for (const entry of all()) entry.interrupt(kind);
    },
    size: () => [...all()].length,
  };
}
