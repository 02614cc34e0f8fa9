// Scripts for what the simulator answers. A scenario is a list of steps; each request takes the first step that
// matches it and has times left, in the order in which the steps were posted. Scenarios add up: tests that share a
// server keep apart by a marker of their own in the prompt (`match.contains`).

import { z } from "zod";
import { Billing, FAIR } from "./billing.ts";
import { brainNames } from "./brain/brain-names.ts";
import { RateLimits } from "./rate-limits.ts";

const afterEvents = { after_events: z.int().min(0).optional() };
const text = z.string().max(1_000_000);
const waitMs = z.int().min(0).max(3_600_000);

const Fault = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("status"),
    status: z.union(
      [400, 401, 402, 403, 404, 413, 429, 500, 503, 504, 529].map((status) => z.literal(status)),
    ),
    retry_after_s: z.number().min(0).optional(),
    retry_after_ms: z.number().min(0).optional(),
    error_type: z.string().min(1).max(100).optional(),
    message: z.string().max(1_000).optional(),
  }),
  /** TCP RST after so many bytes of the body; 0: before any byte of the response, headers included. */
  z.strictObject({ kind: z.literal("reset"), after_bytes: z.int().min(0).default(0) }),
  /** The socket is destroyed. */
  z.strictObject({ kind: z.literal("cut"), ...afterEvents }),
  /** The response ends properly, without message_stop. */
  z.strictObject({ kind: z.literal("clean_eof"), ...afterEvents }),
  z.strictObject({
    kind: z.literal("sse_error"),
    ...afterEvents,
    error_type: z.string().min(1).max(100).default("overloaded_error"),
    message: z.string().max(1_000).optional(),
  }),
  /** No byte any more until the client goes or POST /control/release; then the reply goes on. */
  z.strictObject({ kind: z.literal("stall"), ...afterEvents, before_headers: z.boolean().default(false) }),
  /** The input of the first tool call never becomes valid JSON. */
  z.strictObject({ kind: z.literal("malformed_tool_input") }),
]);
export type Fault = z.infer<typeof Fault>;

const ScriptedBlock = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text }),
  z.strictObject({
    type: z.literal("tool_use"),
    id: z
      .string()
      .regex(/^[a-zA-Z0-9_-]{1,100}$/)
      .optional(),
    name: z.string().min(1).max(200),
    input: z.record(z.string(), z.unknown()).default({}),
  }),
  z.strictObject({ type: z.literal("thinking"), thinking: text, signature: z.string().default("sim") }),
]);
export type ScriptedBlock = z.infer<typeof ScriptedBlock>;

const tokens = z.int().min(0).max(100_000_000).optional();
const Reply = z.strictObject({
  /** Left out: no content at all, as a refusal may have. */
  content: z.union([text, z.array(ScriptedBlock).max(1_000)]).default([]),
  stop_reason: z
    .enum([
      "end_turn",
      "max_tokens",
      "stop_sequence",
      "tool_use",
      "pause_turn",
      "refusal",
      "model_context_window_exceeded",
    ])
    .optional(),
  /** Replaces the counts; output_tokens is still held under max_tokens, as the real model's are. */
  usage: z
    .strictObject({
      input_tokens: tokens,
      cache_creation_input_tokens: tokens,
      cache_read_input_tokens: tokens,
      output_tokens: tokens,
    })
    .optional(),
});
export type ScriptedReply = z.infer<typeof Reply>;

const Match = z.strictObject({
  /** Stands in any text of the prompt: system, messages, tool results. */
  contains: z.string().min(1).max(1_000).optional(),
  model: z.string().min(1).max(256).optional(),
  /** From 1: the assistant messages in the request, plus one. */
  turn: z.int().min(1).optional(),
});

const Step = z
  .strictObject({
    match: Match.default({}),
    reply: Reply.optional(),
    brain: z.enum(brainNames).optional(),
    fault: Fault.optional(),
    latency_ms: waitMs.optional(),
    token_delay_ms: waitMs.optional(),
    /** How many requests it answers; -1: every one that matches. */
    times: z
      .int()
      .min(-1)
      .default(1)
      .refine((times) => times !== 0, "must be -1 or at least 1"),
  })
  .refine(
    (step) => step.reply === undefined || step.brain === undefined,
    "give a reply or a brain, not both",
  );
export type Step = z.infer<typeof Step>;

export const Scenario = z.strictObject({
  steps: z.array(Step).max(10_000).default([]),
  /** Who answers what no step matches; stays as it was when left out. */
  default: z.enum(brainNames).optional(),
  /** How everybody is billed from now on; stays as it was when left out. */
  billing: Billing.optional(),
  /** What everybody together may ask of each model; stays as it was when left out, null takes it away. */
  rate_limits: RateLimits.nullable().optional(),
});
export type Scenario = z.infer<typeof Scenario>;
/** As it is written down: what has a default may be left out. */
export type ScenarioInput = z.input<typeof Scenario>;

export type Prompt = {
  readonly model: string;
  readonly turn: number;
  readonly texts: () => readonly string[];
};

export type Script = {
  add(scenario: Scenario): void;
  /** The step for this request, used up by it; undefined: the default brain answers. */
  take(prompt: Prompt): Step | undefined;
  defaultBrain(): (typeof brainNames)[number];
  billing(): Billing;
  rateLimits(): RateLimits | undefined;
  /** Steps with times left. */
  pending(): readonly Step[];
  /** Only the steps whose match.contains is this; without it everything, the default, billing and rate limits included. */
  clear(contains?: string): void;
};

export function createScript(): Script {
  let steps: Step[] = [];
  let defaultBrain: ReturnType<Script["defaultBrain"]> = "brain";
  let billing: Billing = FAIR;
  let rateLimits: RateLimits | null = null;
  return {
    add(scenario) {
      steps.push(...scenario.steps.map((step) => ({ ...step })));
      defaultBrain = scenario.default ?? defaultBrain;
      billing = scenario.billing ?? billing;
      if (scenario.rate_limits !== undefined) rateLimits = scenario.rate_limits;
    },
    take(prompt) {
      const index = steps.findIndex((step) => matches(step, prompt));
      const step = steps[index];
      if (step === undefined) return undefined;
      if (step.times > 0) step.times -= 1;
      if (step.times === 0) steps.splice(index, 1);
      return step;
    },
    defaultBrain: () => defaultBrain,
    billing: () => billing,
    rateLimits: () => rateLimits ?? undefined,
    pending: () => steps,
    clear(contains) {
      steps = contains === undefined ? [] : steps.filter(({ match }) => match.contains !== contains);
      if (contains !== undefined) return;
      defaultBrain = "brain";
      billing = FAIR;
      rateLimits = null;
    },
  };
}

function matches({ match: { contains, model, turn } }: Step, prompt: Prompt): boolean {
  if (model !== undefined && model !== prompt.model) return false;
  if (turn !== undefined && turn !== prompt.turn) return false;
  return contains === undefined || prompt.texts().some((candidate) => candidate.includes(contains));
}
