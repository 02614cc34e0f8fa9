/**
 * One stay of a task in a worker: claim → fold → run → settle. The claim raises the fence, the fold tells where
 * the task stands, the agent's loop runs it step by step through the recorder, and the last step settles it.
 */
import {
  contextWindowOf,
  type EgressGuard,
  Interruption,
  type InterruptionKind,
  interruptionOf,
  type Model,
  type PawlConfig,
  priceOf,
  runTask,
} from "@pawl/agent";
import { type Event, foldTask, type TaskState, windowsAt } from "@pawl/protocol";
import { type Log, redactText } from "@pawl/service";
import {
  cacheAnswer,
  claimTask,
  findCachedAnswer,
  type JobVerdict,
  type Pace,
  type Replicas,
  reportAlive,
  type StartedTaskJob,
  type Store,
  scopeAccounts,
} from "@pawl/store";
import type { ProviderHealth } from "./provider-health.ts";
import { stepRecorder } from "./record-steps.ts";
import type { RunningTasks } from "./running-tasks.ts";
import { taskGuards } from "./task-guards.ts";
import type { TaskMetrics } from "./task-metrics.ts";
import { textStream } from "./text-stream.ts";

export type PerformDeps = {
  store: Store;
  config: PawlConfig;
  model: Model;
  modelProvider: () => Promise<string>;
  egress: EgressGuard;
  running: RunningTasks;
  replicas: Replicas;
  health: ProviderHealth;
  workerId: string;
  /** How long a `write` tool in flight may take when the worker is going. */
  writeGraceMs: number;
  nowMs: () => number;
  log: Log;
  metrics: TaskMetrics;
};

/** A start that failed unexpectedly is not repeated at once, and ever later: each reads the whole journal. */
const AGAIN_AFTER_MS = 1000;
const AGAIN_AT_MOST_AFTER_MS = 60_000;

export async function performTask(
  { tenant, task, leg, start, holdsLease, pace }: StartedTaskJob,
  deps: PerformDeps,
): Promise<JobVerdict> {
  const log = deps.log.child({ tenant, task });
  try {
    const started = { worker: deps.workerId, leg, model_provider: await deps.modelProvider() };
    const claim = await claimTask(deps.store, { tenant, task, leg, start, started });
    if (claim.kind === "refused") return { again: false };
    const run = { tenant, task, leg, holdsLease, pace, epoch: claim.epoch, events: claim.events };
    return await runClaimed(run, deps, log);
  } catch (error) {
    // The next start finds the task still running and counts this one as a try that failed.
    log.error("a task's attempt failed unexpectedly", { error });
    return { again: true, afterMs: Math.min(AGAIN_AT_MOST_AFTER_MS, AGAIN_AFTER_MS * 2 ** (start - 1)) };
  }
}

type ClaimedTask = {
  tenant: string;
  task: string;
  leg: number;
  epoch: string;
  events: Event[];
  holdsLease: () => boolean;
  pace: Pace;
};

async function runClaimed(claimed: ClaimedTask, deps: PerformDeps, parent: Log): Promise<JobVerdict> {
  const { tenant, task, leg, epoch, events } = claimed;
  const { store, config, running } = deps;
  const state = foldTask(events);
  const { startSeq } = state;
  const log = parent.child({ attempt: state.attempts });
  const abort = new AbortController();
  const interrupt = (kind: InterruptionKind) => abort.abort(new Interruption(kind));
  const leave = running.enter({ tenant, task, leg, interrupt });
  const stopAtDeadline = atDeadline(state, deps.nowMs(), () => interrupt("deadline"));
  const { user, feature, session_id } = state.submitted;
  const accounts = scopeAccounts({ tenant, user, feature, session_id }, config.scopeLimits);
  const record = stepRecorder({
    store,
    tenant,
    task,
    epoch,
    cursor: events.length,
    termsAt: (atMs) => ({
      windows: windowsAt(atMs, config.timeZone),
      ownLimitNanoUsd: state.limits.max_cost_nano_usd,
      accounts,
    }),
    hasWebhook: state.submitted.webhook_url !== null,
    nowMs: deps.nowMs,
    onRecorded: (event) => deps.metrics.count(event, state.submitted.agent),
    onError: (error) => log.warn("left to a sweeper", { error }),
  });
  try {
    const outcome = await runTask(
      { tenant, taskId: task, events, state },
      {
        model: deps.model,
        gate: deps.health.gate,
        toolHealth: deps.health.toolHealth,
        priceOf: (model, atMs) => priceOf(model, atMs, config.prices),
        contextWindowOf: (model) => contextWindowOf(model, config),
        tools: config.tools,
        record: (step) => claimed.pace(() => record(step)),
        signal: abort.signal,
        // After a pause the watchdog may be late: who is about to act asks himself.
        stillOurs: () => {
          const holds = claimed.holdsLease();
          if (!holds) interrupt("lease_lost");
          return holds;
        },
        replicated: async () => {
          const answer = await deps.replicas.acknowledge();
          if (answer === "none") log.warn("no replica acknowledged");
          return answer !== "no replicas";
        },
        writeGraceMs: deps.writeGraceMs,
        answers: {
          find: (question) => findCachedAnswer(store, { tenant, question }),
          // What is kept for others to read passes the one place that redacts.
          keep: (question, answer, ttlMs) =>
            cacheAnswer(store, { tenant, question, ttlMs }, { ...answer, text: redactText(answer.text) }),
        },
        guards: taskGuards(
          state.submitted.definition.guards,
          state.submitted.definition.system,
          config.guardrails.moderation,
        ),
        openText: (redactor) =>
          textStream({ store, tenant, task, redactor }, (error) => log.debug("text was not sent", { error })),
        nowMs: deps.nowMs,
        random: Math.random,
        log,
        egress: deps.egress,
      },
    );
    log.info("attempt over", { outcome, interrupted: interruptionOf(abort.signal)?.kind });
    if (outcome !== "lost") return { again: false };
    await reportAlive(store, { tenant, task, startSeq, worker: deps.workerId });
    // Never completed here: whether anything is left to do is for the next start's claim to say.
    return { again: true, afterMs: 0 };
  } finally {
    clearTimeout(stopAtDeadline);
    leave();
  }
}

/** The due alarm would stop it as well, half a second later and less gracefully. */
function atDeadline(state: TaskState, nowMs: number, stop: () => void): NodeJS.Timeout | undefined {
  if (state.deadlineAtMs === null) return undefined;
  const leftMs = Math.max(0, state.deadlineAtMs - nowMs);
  // A timer cannot count further than 24 days; the alarm in Redis can.
  return leftMs < 2 ** 31 ? setTimeout(stop, leftMs) : undefined;
}
