/** The task as the API and webhooks show it: a projection of its state, money in decimal dollars. */
import { z } from "zod";
import { budgetOnTheWire, FullBudget } from "./budget.ts";
import { type Event, TaskError } from "./event.ts";
import { spentNanoUsd, type TaskState } from "./fold.ts";
import { moneyOnTheWire, usdFromNano } from "./money.ts";
import { SelfReport } from "./self-report.ts";
import { isTerminal, StopReason, TaskStatus, WaitingFor } from "./words.ts";

const Usd = z.number().nonnegative();
const Timestamp = z.iso.datetime();

export const Task = z.strictObject({
  id: z.string(),
  job_id: z.string(),
  status: TaskStatus,
  stop_reason: StopReason.nullable(),
  waiting_for: WaitingFor.nullable(),
  result: z
    .strictObject({
      text: z.string(),
      data: z.json().nullable(),
      artifacts: z.array(z.json()),
      /** Where the agent is asked for it; null where it gave none that could be read. */
      self_report: SelfReport.nullable().optional(),
    })
    .nullable(),
  error: TaskError.nullable(),
  degraded: z.strictObject({ reason: z.string(), message: z.string() }).nullable(),
  usage: z.strictObject({
    input_tokens: z.int(),
    output_tokens: z.int(),
    cache_read_tokens: z.int(),
    cache_write_tokens: z.int(),
    model_calls: z.int(),
    tool_calls: z.int(),
  }),
  cost: z.strictObject({
    usd: Usd,
    by_kind: z.strictObject({ model: Usd, embedding: Usd, tool: Usd }),
    unconfirmed_usd: Usd,
  }),
  budget: FullBudget,
  attempts: z.int(),
  steps: z.int(),
  agent: z.string(),
  agent_version: z.string(),
  model: z.string(),
  model_provider: z.string().nullable(),
  user: z.string().nullable(),
  feature: z.string().nullable(),
  session_id: z.string().nullable(),
  parent_id: z.string().nullable(),
  metadata: z.record(z.string(), z.json()),
  created_at: Timestamp,
  started_at: Timestamp.nullable(),
  finished_at: Timestamp.nullable(),
});
export type Task = z.infer<typeof Task>;

export function taskView(id: string, state: TaskState): Task {
  const { submitted } = state;
  return {
    id,
    job_id: id,
    status: state.status,
    stop_reason: state.stopReason,
    waiting_for: state.waitingFor,
    result: isTerminal(state.status) && state.text !== null ? resultOf(state, state.text) : null,
    error: state.error,
    degraded: state.degraded,
    usage: { ...state.usage },
    cost: {
      usd: usdFromNano(spentNanoUsd(state)),
      by_kind: {
        model: usdFromNano(state.modelCostNanoUsd),
        embedding: 0,
        tool: usdFromNano(state.toolCostNanoUsd),
      },
      unconfirmed_usd: usdFromNano(state.unconfirmedNanoUsd),
    },
    budget: budgetOnTheWire(state.limits),
    attempts: state.attempts,
    steps: state.steps,
    agent: submitted.agent,
    agent_version: submitted.agent_version,
    model: state.model,
    model_provider: state.modelProvider,
    user: submitted.user,
    feature: submitted.feature,
    session_id: submitted.session_id,
    parent_id: submitted.parent_id,
    metadata: submitted.metadata,
    created_at: timestamp(state.createdAtMs),
    started_at: state.startedAtMs === null ? null : timestamp(state.startedAtMs),
    finished_at: state.finishedAtMs === null ? null : timestamp(state.finishedAtMs),
  };
}

function resultOf({ submitted, selfReport }: TaskState, text: string): Task["result"] {
  const reported = submitted.definition.self_report ? { self_report: selfReport } : {};
  return { text, data: null, artifacts: [], ...reported };
}

/** One event of `GET /v1/tasks/{id}/events`. */
export const EventView = z.strictObject({
  seq: z.int().positive(),
  type: z.string(),
  at: Timestamp,
  attempt: z.int().nonnegative(),
  data: z.record(z.string(), z.json()),
});
export type EventView = z.infer<typeof EventView>;

/**
 * The pinned definition stays inside: its prompt is the operator's, and `agent_version` names it. So do the
 * documents' texts, which the caller has and which may be a megabyte.
 */
export function eventView(event: Event): EventView {
  return {
    seq: event.seq,
    type: event.type,
    at: timestamp(event.at),
    attempt: event.attempt,
    data: moneyOnTheWire(publicData(event)) as EventView["data"],
  };
}

function publicData(event: Event): Record<string, unknown> {
  if (event.type !== "task.submitted") return event.data;
  const { definition: _pinned, limits, input, ...shown } = event.data;
  return {
    ...shown,
    input: {
      text: input.text,
      documents: input.documents.map(({ text, ...document }) => ({ ...document, characters: text.length })),
    },
    budget: budgetOnTheWire(limits),
  };
}

function timestamp(atMs: number): string {
  return new Date(atMs).toISOString();
}
