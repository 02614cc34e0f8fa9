/**
 * What an agent may set of the loop detector, by the names of its rules: a ladder for each, and what is special about a
 * tool. Pinned with the agent's definition, so that a deploy changes no verdict on a running task.
 */
import { z } from "zod";

/** The rules by which a task is seen to run in circles. */
export const loopRules = [
  "same_call",
  "same_result",
  "same_error",
  "waiting",
  "cycle",
  "poll_expired",
  "chase",
  "no_new_information",
  "repeated_text",
] as const;
export const LoopRule = z.enum(loopRules);
export type LoopRule = z.infer<typeof LoopRule>;

/** How often something useless happens in a row until the model is warned, the call blocked, the task stopped. */
export const LoopLadder = z.strictObject({
  warn: z.number().positive().optional(),
  block: z.number().positive().optional(),
  stop: z.number().positive(),
});

const ladder = LoopLadder.nullable().optional();

export const ToolLoopSettings = z.strictObject({
  /** The arguments that say which call it is; all others are ignored. */
  identified_by: z.array(z.string()).optional(),
  /** Members of the result that say nothing about whether anything changed. */
  volatile: z.array(z.string()).optional(),
  /** Asking again is what this tool is for: not before the interval is over, and no longer than this without a change. */
  poll: z.strictObject({ interval_ms: z.int().positive(), max_duration_ms: z.int().positive() }).optional(),
  same_result: ladder,
  same_error: ladder,
});
export type ToolLoopSettings = z.infer<typeof ToolLoopSettings>;

/** Missing: the rule's default. null: the rule is off. */
export const LoopSettings = z.strictObject({
  same_result: ladder,
  same_error: ladder,
  waiting: ladder,
  cycle: ladder,
  no_new_information: ladder,
  chase: ladder,
  repeated_text: ladder,
  tools: z.record(z.string(), ToolLoopSettings).optional(),
});
export type LoopSettings = z.infer<typeof LoopSettings>;

/** What a verdict rests on, for the model that is warned, the person who asks why, and the journal. */
export const LoopEvidence = z.strictObject({
  /** One sentence, fit to be shown. */
  message: z.string(),
  tool: z.string().optional(),
  /** What the rule counts: repetitions, idle turns, links of a chain. */
  count: z.number(),
  period: z.int().optional(),
  first_turn: z.int(),
  last_turn: z.int(),
});
export type LoopEvidence = z.infer<typeof LoopEvidence>;
