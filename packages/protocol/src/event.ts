/**
 * The facts of a task's journal, past tense. An event as it is written has a type and data; where it stands
 * (`seq`), when (`at`, by Redis' clock, the one clock all processes share) and in which attempt is stamped by
 * the script that appends it.
 */
import { z } from "zod";
import { AgentDefinition, ModelTier, ToolEffect } from "./agent-definition.ts";
import { Budget, Limits } from "./budget.ts";
import { taskErrorCodes } from "./errors.ts";
import { Direction, GuardAction, GuardAsk, GuardFinding, Opinion } from "./guard-finding.ts";
import { LoopEvidence, LoopRule } from "./loop-settings.ts";
import { NanoUsd } from "./money.ts";
import { TaskDocument } from "./task-request.ts";
import { WindowName } from "./window.ts";
import { StopReason, stopReasonsOf, WaitingFor } from "./words.ts";

/** A content block of the Messages API, kept verbatim: thinking blocks are bound to their exact form. */
export const ContentBlock = z.looseObject({ type: z.string() });
export type ContentBlock = z.infer<typeof ContentBlock>;

/** Tokens of one model exchange. `input` excludes what was read from or written to the prompt cache. */
export const TokenUsage = z.strictObject({
  input_tokens: z.int().nonnegative(),
  output_tokens: z.int().nonnegative(),
  cache_read_tokens: z.int().nonnegative(),
  cache_write_tokens: z.int().nonnegative(),
});
export type TokenUsage = z.infer<typeof TokenUsage>;

export const TaskError = z.strictObject({ code: z.enum(taskErrorCodes), message: z.string() });
export type TaskError = z.infer<typeof TaskError>;

export const toolErrorCodes = [
  "unknown_tool",
  "invalid_input",
  "tool_error",
  "tool_timeout",
  "outcome_unknown",
  "limit_reached",
  "reply_cut",
  "guardrail_refused",
  "tool_unavailable",
] as const;

/** The call was not run, since it only repeated one: the answer is the one of that turn. */
const BlockedCall = z.strictObject({ answered_in_turn: z.int().positive() });

/** Exported for the test that holds its documentation to it. */
export const eventData = {
  "task.submitted": z.strictObject({
    input: z.strictObject({ text: z.string(), documents: z.array(TaskDocument) }),
    agent: z.string(),
    agent_version: z.string(),
    definition: AgentDefinition,
    model: z.string(),
    /** Where the agent or the caller said `auto`: which tier was chosen, and why. */
    routed: z.strictObject({ tier: ModelTier, reason: z.string() }).optional(),
    limits: Limits,
    user: z.string().nullable(),
    feature: z.string().nullable(),
    session_id: z.string().nullable(),
    parent_id: z.string().nullable(),
    metadata: z.record(z.string(), z.json()),
    webhook_url: z.string().nullable(),
    priority: z.enum(["low", "normal", "high"]),
    max_attempts: z.int().positive(),
    /** Not to be run before this long after `at`; null: at once. */
    delay_ms: z.int().nonnegative().nullable(),
  }),
  "task.started": z.strictObject({ worker: z.string(), leg: z.int().positive(), model_provider: z.string() }),
  "model.requested": z.strictObject({
    /** The hold's id within the task. */
    call: z.string(),
    model: z.string(),
    max_tokens: z.int().positive(),
    /** Never low: more input tokens than the request can have. */
    input_tokens_bound: z.int().nonnegative(),
    held_nano_usd: NanoUsd,
    /** Set on the one turn left to answer with what is known, and why it is the last. */
    last_because: StopReason.optional(),
    /** account: not for want of the task's own money. */
    last_scope: z.enum(["task", "account"]).optional(),
    /** The answer may be no longer than money allows: shorter than the agent wants it. */
    trimmed: z.literal(true).optional(),
    /**
     * No turn of the task's own. summary: the model sums up what was done, to make room. second_opinion, tone: a model
     * judges a text for the guards.
     */
    purpose: z.enum(["summary", "second_opinion", "tone"]).optional(),
    /** What was sent is less than the conversation: the reply's thinking is bound to what nobody sends again. */
    cut: z.literal(true).optional(),
  }),
  "model.responded": z.strictObject({
    call: z.string(),
    model: z.string(),
    message_id: z.string(),
    content: z.array(ContentBlock),
    stop_reason: z.string(),
    /** Calls whose input was no JSON: what stands in `content` for it is not what the model wrote. */
    malformed_calls: z.array(z.string()).optional(),
    usage: TokenUsage,
    cost_nano_usd: NanoUsd,
    /** The reply reported a usage that nothing can be reckoned from: the cost is the call's worst case. */
    unconfirmed: z.literal(true).optional(),
    duration_ms: z.number().nonnegative(),
  }),
  "model.failed": z.strictObject({
    call: z.string(),
    error: TaskError,
    status: z.int().nullable(),
    retryable: z.boolean(),
    /** The provider is down or refuses for its rate: no try of the task is counted for it. */
    capacity: z.literal(true).optional(),
    cost_nano_usd: NanoUsd,
    /** The cost is the call's worst case: whether it was billed is not known. */
    unconfirmed: z.boolean(),
  }),
  /** The turns from here on are asked of another model: a cheaper one, or one that is not overloaded. */
  "model.downgraded": z.strictObject({
    from: z.string(),
    to: z.string(),
    because: z.enum(["soft_limit", "budget", "overloaded"]),
    message: z.string(),
  }),
  /** The results of these calls are shown to the model no more, from here on. `tokens_freed` is an estimate. */
  "context.cleared": z.strictObject({
    calls: z.array(z.string()).min(1),
    tokens_freed: z.int().nonnegative(),
  }),
  /** `text` stands in for the `messages` that followed the task itself. `call` is the one that wrote it. */
  "context.summarised": z.strictObject({
    call: z.string(),
    text: z.string(),
    messages: z.int().nonnegative(),
    tokens_freed: z.int().nonnegative(),
  }),
  "usage.confirmed": z.strictObject({ call: z.string(), usage: TokenUsage, cost_nano_usd: NanoUsd }),
  "tool.started": z.strictObject({
    call: z.string(),
    tool: z.string(),
    effect: ToolEffect,
    /** What the call costs at most, held under `hold`; none where the tool is free. */
    hold: z.string().optional(),
    held_nano_usd: NanoUsd.optional(),
  }),
  "tool.completed": z.strictObject({
    call: z.string(),
    tool: z.string(),
    content: z.string(),
    cost_nano_usd: NanoUsd.optional(),
    duration_ms: z.number().nonnegative(),
    blocked: BlockedCall.optional(),
  }),
  "tool.failed": z.strictObject({
    call: z.string(),
    tool: z.string(),
    error: z.strictObject({ code: z.enum(toolErrorCodes), message: z.string() }),
    cost_nano_usd: NanoUsd.optional(),
    duration_ms: z.number().nonnegative(),
    blocked: BlockedCall.optional(),
  }),
  "limit.warned": z.strictObject({ limit: StopReason, message: z.string() }),
  /** account: not the task's own limit, but one that it shares with others. */
  "limit.reached": z.strictObject({
    limit: StopReason,
    scope: z.enum(["task", "account"]).optional(),
    message: z.string(),
  }),
  /** What a guard found, and what was done about it; of the text itself only where in it. */
  "guardrail.flagged": z.strictObject({
    direction: Direction,
    action: GuardAction,
    findings: z.array(GuardFinding),
    /** Whose answer or arguments it was. */
    call: z.string().optional(),
    tool: z.string().optional(),
    document: z.string().optional(),
    /** What stands in the place of the text from here on. */
    text: z.string().optional(),
    /** What the model is told, to write its answer anew. */
    repair: z.string().optional(),
    /** The answer stays blocked, and the task ends for it. */
    ends: z.enum(["guardrail_blocked", "output_invalid"]).optional(),
  }),
  /** A text that the guards let pass so far is put before others. Nothing comes of it until each has judged. */
  "guardrail.referred": z.strictObject({
    /** Which text, in words of the task's own: `task`, `document.0`, `m2.toolu_1`, `m3`. */
    subject: z.string(),
    direction: Direction,
    asks: z.array(GuardAsk).min(1),
    call: z.string().optional(),
    tool: z.string().optional(),
    document: z.string().optional(),
  }),
  /** One of those asked has judged, or could not be asked: then what the guards said stands. */
  "guardrail.judged": z.strictObject({
    subject: z.string(),
    by: GuardAsk,
    /** Of a model. Missing: there is none, or it is in the scores of what was flagged. */
    answer: z.union([Opinion, z.enum(["keeps", "breaks"])]).optional(),
    /** Why there is no answer. */
    because: z.enum(["no_money", "no_room", "unavailable", "failed", "unreadable"]).optional(),
    /** The model call that was made for it. */
    call: z.string().optional(),
  }),
  /** The task runs in circles. warn: the model is told. block: such calls are not run again. stop: its next turn is the last. */
  "loop.warned": z.strictObject({
    verdict: z.enum(["warn", "block", "stop"]),
    rule: LoopRule,
    evidence: LoopEvidence,
  }),
  "task.waiting": z.strictObject({
    for: WaitingFor,
    /** Of waiting for capacity: the provider is down, or it has no room. */
    capacity: z.enum(["unavailable", "busy"]).optional(),
    after_ms: z.int().nonnegative().optional(),
    /** Of waiting for budget: the money is spent until this window ends; else others' calls hold it. */
    window: WindowName.optional(),
    until: z.int().nonnegative().optional(),
    message: z.string().optional(),
  }),
  "task.resumed": z.strictObject({
    because: z.enum(["timer", "retry", "budget", "capacity", "request", "vanished"]),
    budget: Budget.optional(),
  }),
  /** suspect: crashed twice without a step between, and goes on alone in quarantine. */
  "task.handed_back": z.strictObject({ because: z.enum(["shutdown", "lease_lost", "suspect"]) }),
  /** The worker of that start lives: it had lost its lease, and was no crash. */
  "lease.lost": z.strictObject({ worker: z.string(), start_seq: z.int().positive() }),
  /** `cached`: no model could be asked; `answer` is what `task` was answered at that time, word for word. */
  "task.completed": z.strictObject({
    stop_reason: z.literal("end_turn"),
    cached: z
      .strictObject({ task: z.string(), at: z.int().nonnegative(), answer: z.string(), message: z.string() })
      .optional(),
  }),
  /** `answer`: what the user is told where the agent had said nothing yet. */
  "task.stopped": z.strictObject({
    stop_reason: z.enum(stopReasonsOf("stopped")),
    message: z.string(),
    answer: z.string().optional(),
  }),
  "task.failed": z.strictObject({ stop_reason: z.enum(stopReasonsOf("failed")), error: TaskError }),
  "task.cancelled": z.strictObject({ stop_reason: z.literal("cancelled") }),
} as const;

export type EventType = keyof typeof eventData;
export const eventTypes = Object.keys(eventData) as EventType[];

/** The data of one type of event: `EventData<"model.responded">`. */
export type EventData<T extends EventType> = z.infer<(typeof eventData)[T]>;

/** An event as it is handed to a script. */
export type NewEvent = { [T in EventType]: { type: T; data: EventData<T> } }[EventType];

/** An event as it stands in the journal. `at` is in milliseconds since 1970, `seq` counts from 1. */
export type Event = { seq: number; at: number; attempt: number } & NewEvent;

/** Checks data of unknown origin against the schema of its type; throws a ZodError. */
export function parseNewEvent(event: { type: string; data: unknown }): NewEvent {
  const type = z.enum(eventTypes).parse(event.type);
  return { type, data: eventData[type].parse(event.data) } as NewEvent;
}
