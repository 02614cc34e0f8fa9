/** What those who run a Pawl look at: agents, queues, workers, and how many tasks are where. */
import { z } from "zod";
import { ToolEffect } from "./agent-definition.ts";
import { FullBudget } from "./budget.ts";
import { TaskStatus } from "./words.ts";

const Count = z.int().nonnegative();

/** Without its prompt, which is the operator's. */
export const AgentView = z
  .strictObject({
    name: z.string(),
    model: z.string().meta({ description: "A model's name, or `auto`: chosen for each task." }),
    fallback: z.string().nullable().meta({ description: "The model to go on with when money runs short." }),
    tools: z.array(z.strictObject({ name: z.string(), description: z.string(), effect: ToolEffect })),
    budget: FullBudget,
    agent_version: z.string().meta({ description: "Digest of the whole definition." }),
  })
  .meta({
    id: "Agent",
    description: "An agent that tasks may name.",
    example: {
      name: "support",
      model: "claude-sonnet-5-5",
      fallback: null,
      tools: [{ name: "query_orders", description: "Looks up a customer's orders.", effect: "read" }],
      budget: {
        max_cost_usd: 0.5,
        max_tokens: 500000,
        max_turns: 50,
        max_tool_calls: 200,
        timeout_ms: 3600000,
      },
      agent_version: "5b1f0c2d9e8a7f63",
    },
  });
export type AgentView = z.infer<typeof AgentView>;

export const QueueLabel = z.enum(["high", "normal", "low", "quarantine", "webhooks"]);
export type QueueLabel = z.infer<typeof QueueLabel>;

export const QueueView = z
  .strictObject({
    name: QueueLabel,
    waiting: Count,
    active: Count,
    delayed: Count,
    failed: Count,
    oldest_waiting_ms: z
      .number()
      .nonnegative()
      .nullable()
      .meta({ description: "How long the one next in line has waited; null: nobody waits." }),
    completed_per_minute: Count.meta({ description: "In the last whole minute." }),
  })
  .meta({
    id: "Queue",
    description: "One queue: a lane of tasks, those performed alone, or webhooks.",
    example: {
      name: "normal",
      waiting: 3,
      active: 100,
      delayed: 0,
      failed: 0,
      oldest_waiting_ms: 812,
      completed_per_minute: 240,
    },
  });
export type QueueView = z.infer<typeof QueueView>;

export const WorkerView = z
  .strictObject({
    id: z.string(),
    host: z.string(),
    since: z.iso.datetime(),
    seen_at: z.iso.datetime(),
    running: Count.meta({ description: "Tasks that it performs right now." }),
    concurrency: z.int().positive(),
    lanes: z.array(QueueLabel),
  })
  .meta({
    id: "Worker",
    description: "A worker process that lives.",
    example: {
      id: "host-1-4711-a1b2c3",
      host: "host-1",
      since: "2026-11-22T09:00:00.000Z",
      seen_at: "2026-11-22T10:00:00.000Z",
      running: 12,
      concurrency: 100,
      lanes: ["high", "normal", "low", "webhooks"],
    },
  });
export type WorkerView = z.infer<typeof WorkerView>;

const countOfEach = Object.fromEntries(TaskStatus.options.map((status) => [status, Count])) as Record<
  TaskStatus,
  typeof Count
>;

/** How many of the tenant's tasks that are still kept have each status. */
export const Overview = z.strictObject({ tasks: z.strictObject(countOfEach) }).meta({
  id: "Overview",
  example: {
    tasks: { queued: 2, running: 5, waiting: 1, completed: 940, stopped: 12, failed: 3, cancelled: 4 },
  },
});
export type Overview = z.infer<typeof Overview>;

export const Health = z.strictObject({ status: z.enum(["ok", "ready"]) }).meta({ id: "Health" });
