/** `Prefer: wait=N` (RFC 7240): the answer may wait for the task's end, for a while. */
import { applyEvent, isTerminal, type TaskState } from "@pawl/protocol";
import type { Request } from "express";
import type { ApiDeps } from "./api-deps.ts";
import { followJournal } from "./follow-journal.ts";

const MOST_WAIT_S = 60;
const RECHECK_MS = 1_000;

/** The seconds asked for, 60 at most; undefined where none are asked for. What is malformed is ignored. */
export function preferredWaitS(request: Request): number | undefined {
  const preferences = (request.headersDistinct.prefer ?? []).join(",").split(",");
  for (const preference of preferences) {
    const digits = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference)?.[1];
    if (digits !== undefined) return Math.min(Number(digits), MOST_WAIT_S);
  }
  return undefined;
}

/**
 * Brings `state` up to the journal's end until the task has ended, the time is over or `signal` is aborted.
 */
export async function waitForTask(
  deps: Pick<ApiDeps, "store" | "notices">,
  {
    tenant,
    task,
    state,
    waitS,
    signal,
  }: {
    tenant: string;
    task: string;
    state: TaskState;
    waitS: number;
    signal: AbortSignal;
  },
): Promise<void> {
  if (waitS === 0 || signal.aborted || isTerminal(state.status)) return;
  const over = new AbortController();
  const end = () => over.abort();
  const timer = setTimeout(end, waitS * 1000);
  signal.addEventListener("abort", end);
  try {
    const from = { tenant, task, after: state.seq, recheckMs: RECHECK_MS, signal: over.signal };
    for await (const followed of followJournal(deps, from)) {
      if (followed.kind !== "events") continue;
      for (const event of followed.events) applyEvent(state, event);
      if (isTerminal(state.status)) return;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}
