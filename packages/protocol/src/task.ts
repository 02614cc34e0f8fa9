/** The task as the API and webhooks show it: a projection of its state, money in decimal dollars. */
import { z } from "zod";
import { budgetOnTheWire, FullBudget } from "./budget.ts";
import { type Event, TaskError } from "./event.ts";
import { spentNanoUsd } from "./fold-costs.ts";
import { Json } from "./json.ts";
import { moneyOnTheWire, usdFromNano } from "./money.ts";
import { SelfReport } from "./self-report.ts";
import type { TaskState } from "./task-state.ts";
import { isTerminal, StopReason, TaskStatus, WaitingFor } from "./words.ts";

const Usd = z.number().nonnegative();
const Timestamp = z.iso.datetime();

export const Task = z
  .strictObject({
    id: z.string(),
    job_id: z.string(),
    status: TaskStatus,
    stop_reason: StopReason.nullable(),
    waiting_for: WaitingFor.nullable(),
    result: z
      .strictObject({
        text: z.string(),
        data: Json.nullable(),
        artifacts: z.array(Json),
        self_report: SelfReport.nullable()
          .optional()
          .meta({ description: "Where the agent is asked for it; null: it gave none that could be read." }),
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
    metadata: z.record(z.string(), Json),
    created_at: Timestamp,
    started_at: Timestamp.nullable(),
    finished_at: Timestamp.nullable(),
  })
  .meta({
    id: "Task",
    description: "A task as it stands. `job_id` is `id`.",
    example: {
      id: "task_01m822r6cqp2h4zt1vnyw9q0kd",
      job_id: "task_01m822r6cqp2h4zt1vnyw9q0kd",
      status: "completed",
      stop_reason: "end_turn",
      waiting_for: null,
      result: { text: "I found 65 orders between 2023-11-10 and 2026-10-19.", data: null, artifacts: [] },
      error: null,
      degraded: null,
      usage: {
        input_tokens: 11,
        output_tokens: 224,
        cache_read_tokens: 4638,
        cache_write_tokens: 4336,
        model_calls: 3,
        tool_calls: 2,
      },
      cost: { usd: 0.013545, by_kind: { model: 0.013545, embedding: 0, tool: 0 }, unconfirmed_usd: 0 },
      budget: {
        max_cost_usd: 0.1,
        max_tokens: 500000,
        max_turns: 50,
        max_tool_calls: 200,
        timeout_ms: 3600000,
      },
      attempts: 1,
      steps: 5,
      agent: "support",
      agent_version: "5b1f0c2d9e8a7f63",
      model: "claude-sonnet-5-5",
      model_provider: "anthropic",
      user: "C-1042",
      feature: null,
      session_id: null,
      parent_id: null,
      metadata: {},
      created_at: "2026-11-22T10:00:00.000Z",
      started_at: "2026-11-22T10:00:00.012Z",
      finished_at: "2026-11-22T10:00:04.900Z",
    },
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
export const EventView = z
  .strictObject({
    seq: z.int().positive(),
    type: z.string(),
    at: Timestamp,
    attempt: z.int().nonnegative(),
    data: z.record(z.string(), Json),
  })
  .meta({
    id: "Event",
    description:
      "One fact of a task's journal. More types may be added; those that are known keep their meaning.",
    example: {
      seq: 3,
      type: "model.requested",
      at: "2026-11-22T10:00:00.020Z",
      attempt: 1,
      data: { call: "m1", model: "claude-sonnet-5-5", max_tokens: 4096, held_usd: 0.0614 },
    },
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
