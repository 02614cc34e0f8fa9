/**
 * No model can be asked now, and there is nothing to go around to. Where the provider is down: the answer that the same
 * question got earlier, if the agent allows that; else the task waits for a model and holds nothing meanwhile, no slot, no
 * money, and no try of its own is counted. An agent may set how long its tasks are so patient: then the end is what was
 * found so far, or the agent's static answer, or the plain error.
 */
import { outageAttempts } from "@pawl/protocol";
import { cachedEnd } from "./answer-cache.ts";
import { type End, end, exhausted } from "./end-task.ts";
import { fallbackAnswerOf } from "./fallback-answer.ts";
import { type Outcome, type Run, record, remember } from "./run.ts";

export type Unavailable = { kind: "unavailable" | "busy"; retryAfterMs: number };

const messages: Record<Unavailable["kind"], string> = {
  unavailable: "The model is not available at the moment. The task goes on as soon as it is.",
  busy: "The provider's rate limit is reached. The task goes on as soon as there is room.",
};

export async function whenUnavailable(run: Run, { kind, retryAfterMs }: Unavailable): Promise<Outcome> {
  let waitMs = retryAfterMs;
  if (kind === "unavailable") {
    const cached = await cachedEnd(run);
    if (cached !== undefined) return end(run, cached);
    const leftMs = patienceMs(run);
    if (leftMs <= 0) return end(run, endWithoutModel(run));
    waitMs = Math.min(retryAfterMs, leftMs);
  }
  const afterMs = Math.ceil(Math.max(0, waitMs));
  const uncounted = outageAttempts(run.state);
  remember(run, {
    type: "task.waiting",
    data: { for: "capacity", capacity: kind, after_ms: afterMs, message: messages[kind] },
  });
  const recorded = await record(run, { where: { to: "waiting", for: "capacity", afterMs, uncounted } });
  return recorded.kind === "lost" ? "lost" : "waiting";
}

/** How long the task still waits for a provider that is down. */
function patienceMs({ state, nowMs }: Run): number {
  const { unavailable_after_ms: most } = state.submitted.definition;
  if (most === undefined) return Number.POSITIVE_INFINITY;
  return state.unavailableSinceMs === null ? most : state.unavailableSinceMs + most - nowMs();
}

function endWithoutModel({ state }: Run): End {
  const { definition, input } = state.submitted;
  const answer = state.text === null ? fallbackAnswerOf(definition, input.text) : undefined;
  if (state.text === null && answer === undefined)
    return exhausted({ code: "model_unavailable", message: "No model could be reached in time." });
  const data = {
    stop_reason: "interrupted" as const,
    message: state.text === null ? STATIC : PARTIAL,
    ...(answer === undefined ? {} : { answer }),
  };
  return {
    kind: "end",
    status: "stopped",
    stopReason: "interrupted",
    events: [{ type: "task.stopped", data }],
  };
}

const STATIC =
  "The service that writes answers cannot be reached just now, so this is a prepared answer. Resume the task later for one of its own.";
const PARTIAL =
  "The service that writes answers could not be reached any more. This is what was found until then; the task can be resumed.";
