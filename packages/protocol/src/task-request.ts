/** What `POST /v1/tasks` and its neighbours accept. Unknown members are refused, never ignored. */
import { z } from "zod";
import { Budget } from "./budget.ts";
import { Json } from "./json.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Text that survives every store and log: no lone surrogates, no NUL. */
const Text = z.string().refine((text) => text.isWellFormed() && !text.includes("\0"), {
  error: "must be well-formed Unicode without NUL",
});

/** A caller's own word for something: short, printable, in one line. */
export const Label = Text.min(1)
  .max(200)
  .refine((text) => !/\p{Cc}/u.test(text), { error: "must not contain control characters" });

export const TaskDocument = z
  .strictObject({
    name: Label,
    media_type: z.string().max(200).optional(),
    text: Text,
  })
  .meta({ id: "TaskDocument", description: "A document that the agent may read with `read_document`." });
export type TaskDocument = z.infer<typeof TaskDocument>;

export const TaskInput = z.union([
  Text.min(1),
  z.strictObject({
    text: Text.min(1),
    documents: z
      .array(TaskDocument)
      .max(100)
      .refine((documents) => new Set(documents.map(({ name }) => name)).size === documents.length, {
        error: "document names must differ",
      })
      .default([]),
  }),
]);

export const Metadata = z
  .record(z.string().max(200), Json)
  .refine((metadata) => Object.keys(metadata).length <= 50, { error: "at most 50 members" })
  .refine((metadata) => JSON.stringify(metadata).length <= 16_384, { error: "at most 16 KiB as JSON" });

export const TaskRequest = z
  .strictObject({
    input: TaskInput,
    agent: Label.optional(),
    model: Label.optional(),
    user: Label.optional(),
    feature: Label.optional(),
    session_id: Label.optional(),
    budget: Budget.optional(),
    tools: z.array(Label).max(100).optional(),
    webhook_url: z.url().max(2048).optional(),
    run_at: z.iso.datetime({ offset: true }).optional(),
    delay_ms: z
      .int()
      .nonnegative()
      .max(366 * DAY_MS)
      .optional(),
    priority: z.enum(["low", "normal", "high"]).optional(),
    max_attempts: z.int().positive().max(100).optional(),
    metadata: Metadata.optional(),
  })
  .refine((request) => request.run_at === undefined || request.delay_ms === undefined, {
    error: "run_at and delay_ms exclude each other",
    path: ["run_at"],
  })
  .meta({
    id: "TaskRequest",
    description: "A task to perform. Only `input` is required.",
    example: {
      agent: "support",
      user: "C-1042",
      input: "Find all my past orders and summarise the patterns in my purchasing.",
      budget: { max_cost_usd: 0.1 },
    },
  });
export type TaskRequest = z.infer<typeof TaskRequest>;

export const ResumeRequest = z
  .strictObject({ budget: Budget.optional() })
  .meta({ id: "ResumeRequest", example: { budget: { max_cost_usd: 0.5 } } });
export type ResumeRequest = z.infer<typeof ResumeRequest>;
