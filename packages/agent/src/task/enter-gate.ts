/**
 * The gate before a model: through it, around it to the agent's fallback, or away until there is a provider. Nothing is
 * held here, and what is known is recorded before anything is waited for.
 */
import type { Permit } from "../health/model-gate.ts";
import { type Outcome, type Run, record, remember } from "./run.ts";
import { whenUnavailable } from "./unavailable.ts";

export type Entered =
  | { kind: "entered"; permit: Permit }
  /** The turn is to be planned for another model. */
  | { kind: "downgraded" }
  | { kind: "denied"; outcome: Outcome };

export async function enterGate(run: Run, model: string): Promise<Entered> {
  const ask = { model, tenant: run.tenant, task: run.taskId, signal: run.signal };
  const answer = run.gate.admit(ask);
  if (answer instanceof Promise && run.facts.length > 0) {
    const recorded = await record(run, { where: { to: "running" } });
    if (recorded.kind === "lost") {
      void answer.then((late) => late.kind === "go" && late.permit.done({ kind: "unused" }));
      return { kind: "denied", outcome: "lost" };
    }
  }
  const admission = await answer;
  if (run.signal.aborted) {
    if (admission.kind === "go") void admission.permit.done({ kind: "unused" });
    return { kind: "denied", outcome: "continue" };
  }
  if (admission.kind === "go") return { kind: "entered", permit: admission.permit };
  if (admission.kind === "unavailable" && goAround(run, model)) return { kind: "downgraded" };
  return { kind: "denied", outcome: await whenUnavailable(run, admission) };
}

/** The task stays with the fallback: a conversation does not go back and forth. The next task asks the first one again. */
function goAround(run: Run, from: string): boolean {
  const { fallback } = run.state.submitted.definition;
  if (fallback === undefined || fallback === from || run.gate.isDown(fallback)) return false;
  if (run.priceOf(fallback, run.nowMs()) === undefined) return false;
  const data = { from, to: fallback, because: "overloaded", message: OTHER_MODEL } as const;
  remember(run, { type: "model.downgraded", data });
  return true;
}

const OTHER_MODEL = "Another model was used for part of this task, because the usual one was overloaded.";
