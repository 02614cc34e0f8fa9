/** An agent as it is pinned in a task's journal: all that shapes its behaviour except the tools' code. */
import { z } from "zod";
import { Limits } from "./budget.ts";

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

export const AgentDefinition = z.strictObject({
  name: z.string(),
  system: z.string(),
  model: z.string(),
  tools: z.array(ToolDefinition),
  limits: Limits,
  max_tokens_per_call: z.int().positive(),
  allowed_hosts: z.array(z.string()).optional(),
  fallback: z.string().optional(),
});
export type AgentDefinition = z.infer<typeof AgentDefinition>;
