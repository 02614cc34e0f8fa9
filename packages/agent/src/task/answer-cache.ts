/**
 * The exact answer cache of an agent that allows one: a finished answer is kept under the question it answers, and given
 * again to the same question while no model can be asked. Never instead of a model that can be.
 */
import { createHash } from "node:crypto";
import type { End } from "./end-task.ts";
import type { Run } from "./run.ts";

export type CachedAnswer = { task: string; atMs: number; text: string };

/** What the loop needs of a store for it; each call is the tenant's own. */
export type AnswerCache = {
  find: (question: string) => Promise<CachedAnswer | undefined>;
  keep: (question: string, answer: CachedAnswer, ttlMs: number) => Promise<void>;
};

/** Whatever an answer depends on: the agent, what guards it, the input, and whose answer it is. undefined: not allowed. */
export function questionOf({ state: { submitted } }: Pick<Run, "state">): string | undefined {
  const { definition, input, user, model } = submitted;
  const { answer_cache: cache, tools, guards } = definition;
  // Without a user's name, nobody else's answer is his.
  if (cache === undefined || (cache.per === "user" && user === null)) return undefined;
  const parts = [
    // Not the pinned definition, whose prompt has secret words that change from day to day. The version names what the
    // operator wrote; beside it stands what was pinned on top.
    submitted.agent_version,
    tools.map(({ name }) => name),
    guards === undefined ? null : [guards.policies, guards.taint, guards.repairs],
    model,
    cache.per === "user" ? user : null,
    input.text,
    input.documents,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** What came to its end as it should may be given again. Nobody waits for it. */
export function keepAnswer(run: Run): void {
  const { state, answers, taskId, nowMs, log } = run;
  const ttlMs = state.submitted.definition.answer_cache?.ttl_ms;
  const question = questionOf(run);
  if (ttlMs === undefined || question === undefined || state.text === null) return;
  if (state.stopReason !== "end_turn" || state.degraded !== null) return;
  answers
    .keep(question, { task: taskId, atMs: nowMs(), text: state.text }, ttlMs)
    .catch((error: unknown) => log.warn("an answer was not kept", { error }));
}

/** The task's end with an earlier answer; undefined where there is none. Only before it has done anything of its own. */
export async function cachedEnd(run: Run): Promise<End | undefined> {
  const question = run.state.steps === 0 ? questionOf(run) : undefined;
  if (question === undefined) return undefined;
  const found = await run.answers.find(question).catch((error: unknown) => {
    run.log.warn("the answer cache was not reached", { error });
    return undefined;
  });
  if (found === undefined) return undefined;
  const cached = { task: found.task, at: found.atMs, answer: found.text, message: CACHED };
  return {
    kind: "end",
    status: "completed",
    stopReason: "end_turn",
    events: [{ type: "task.completed", data: { stop_reason: "end_turn", cached } }],
  };
}

const CACHED =
  "The service that writes answers cannot be reached just now. This is the answer that the same question got earlier.";
