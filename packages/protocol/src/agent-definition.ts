/** An agent as it is pinned in a task's journal: all that shapes its behaviour except the tools' code. */
import { z } from "zod";
import { Limits } from "./budget.ts";
import { PinnedGuards } from "./guard-policy.ts";
import { LoopSettings } from "./loop-settings.ts";

/** What a tool does to the world; decides what happens when its outcome is unknown after a crash. */
export const ToolEffect = z.enum(["read", "idempotent", "write"]);
export type ToolEffect = z.infer<typeof ToolEffect>;

export const ToolDefinition = z.strictObject({
  name: z.string(),
  description: z.string(),
  input_schema: z.looseObject({ type: z.literal("object") }),
  effect: ToolEffect,
});
export type ToolDefinition = z.infer<typeof ToolDefinition>;

/** What a task may be routed to by its complexity. */
export const ModelTier = z.enum(["light", "standard", "strong"]);
export type ModelTier = z.infer<typeof ModelTier>;

/** The model that serves each tier. */
export const ModelTiers = z.strictObject({ light: z.string(), standard: z.string(), strong: z.string() });
export type ModelTiers = z.infer<typeof ModelTiers>;

export const AgentDefinition = z.strictObject({
  name: z.string(),
  system: z.string(),
  /** A model's name, or `auto`: chosen for each task at submit. */
  model: z.string(),
  tools: z.array(ToolDefinition),
  limits: Limits,
  max_tokens_per_call: z.int().positive(),
  allowed_hosts: z.array(z.string()).optional(),
  /** The model to go on with when money or `model` runs short. */
  fallback: z.string().optional(),
  /** Said to the end user where a task has to end and nothing was found. */
  fallback_answer: z.string().optional(),
  /** The same for what is asked like one of the examples. */
  fallback_answers: z
    .array(z.strictObject({ examples: z.array(z.string()).min(1), answer: z.string() }))
    .optional(),
  /** How long a task waits for a provider that is down before it is answered without one; missing: until its deadline. */
  unavailable_after_ms: z.int().nonnegative().optional(),
  /** Answers that may be given again, word for word, to the same question while there is no model to ask. */
  answer_cache: z.strictObject({ ttl_ms: z.int().positive(), per: z.enum(["user", "tenant"]) }).optional(),
  /** The agent ends its answer with a report on itself, as `system` asks. */
  self_report: z.literal(true).optional(),
  /** From this share of a task's own money on, the cheaper model is used; missing: the loop's default. */
  soft_share: z.number().positive().max(1).optional(),
  /** Missing: its author wants no guards. */
  guards: PinnedGuards.optional(),
  /** Missing: the loop detector's defaults. false: nobody watches. */
  loops: z.union([z.literal(false), LoopSettings]).optional(),
  /** Missing: the agent has one model and knows no tiers. */
  tiers: ModelTiers.optional(),
});
export type AgentDefinition = z.infer<typeof AgentDefinition>;
