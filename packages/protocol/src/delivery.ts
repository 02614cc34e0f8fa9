/** A webhook delivery as people look at it, and the body that it carries. */
import { z } from "zod";
import { DeliveryId, TaskId } from "./ids.ts";
import { Task } from "./task.ts";

const Timestamp = z.iso.datetime();

export const DeliveryState = z.enum(["pending", "delivered", "failed"]);
export type DeliveryState = z.infer<typeof DeliveryState>;

/** The events that a task's webhook tells of. */
export const WebhookType = z.enum([
  "task.completed",
  "task.stopped",
  "task.failed",
  "task.cancelled",
  "task.waiting",
]);
export type WebhookType = z.infer<typeof WebhookType>;

/** One delivery of `GET /v1/deliveries`. */
export const DeliveryView = z
  .strictObject({
    id: DeliveryId,
    task_id: TaskId,
    type: WebhookType,
    state: DeliveryState,
    url: z.string().nullable().meta({ description: "null: the task is no longer kept." }),
    tries: z.int().nonnegative(),
    created_at: Timestamp,
    next_at: Timestamp.nullable(),
    last_try_at: Timestamp.nullable(),
    last_try: z
      .strictObject({ status: z.int().nullable(), error: z.string().nullable(), duration_ms: z.number() })
      .nullable(),
  })
  .meta({
    id: "Delivery",
    description: "A webhook delivery: at least once, the same id on every try.",
    example: {
      id: "dlv_01m822t3c8f3m5a7c9e1g3j5kx",
      task_id: "task_01m822t0v8f3m5a7c9e1g3j5kx",
      type: "task.completed",
      state: "delivered",
      url: "https://example.com/hook",
      tries: 1,
      created_at: "2026-11-22T10:00:05.000Z",
      next_at: null,
      last_try_at: "2026-11-22T10:00:05.120Z",
      last_try: { status: 204, error: null, duration_ms: 48 },
    },
  });
export type DeliveryView = z.infer<typeof DeliveryView>;

/** The body of a webhook; `data` is the task as it stood at that event. */
export const WebhookBody = z
  .strictObject({ type: WebhookType, timestamp: Timestamp, data: Task })
  .meta({ id: "WebhookBody", description: "What a webhook carries (Standard Webhooks)." });
export type WebhookBody = z.infer<typeof WebhookBody>;
