/** What is known of a task: all that its journal says, and what it is when it was only just submitted. */
import type { Limits } from "./budget.ts";
import type { Event, EventData, TaskError, TokenUsage } from "./event.ts";
import type { GuardFinding, Opinion } from "./guard-finding.ts";
import type { SelfReport } from "./self-report.ts";
import type { StopReason, TaskStatus, WaitingFor } from "./words.ts";

export type TaskState = {
  submitted: EventData<"task.submitted">;
  /** The last event's number: the journal's length. */
  seq: number;
  status: TaskStatus;
  waitingFor: WaitingFor | null;
  stopReason: StopReason | null;
  error: TaskError | null;
  degraded: { reason: string; message: string } | null;
  /** The limit that makes its turns the last ones. */
  reached: { limit: StopReason; scope: "task" | "account" } | null;
  limits: Limits;
  createdAtMs: number;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  /** When `timeout_ms` is over; null while it stands still, with what is left of it in `leftMs`. */
  deadlineAtMs: number | null;
  leftMs: number;
  /** When an alarm wakes a waiting task; null where somebody else must. */
  wakeAtMs: number | null;
  leg: number;
  attempts: number;
  /** Consecutive tries that ended without a recorded step. */
  failedTries: number;
  /** What the newest of them failed of. */
  lastFailure: TaskError | null;
  /** The `task.started` of this attempt, by its number. */
  startSeq: number;
  /** Those of the attempts whose worker was lost without a recorded step since. */
  crashes: number[];
  /** It is performed alone, so that no neighbour is blamed for what it does; how often it crashed there. */
  quarantined: boolean;
  quarantineCrashes: number;
  turns: number;
  steps: number;
  usage: TokenUsage & { model_calls: number; tool_calls: number };
  modelCostNanoUsd: number;
  toolCostNanoUsd: number;
  /** The part of the cost that stands at a worst case, since the reply was never seen. */
  unconfirmedNanoUsd: number;
  /** Tokens that calls of unknown outcome may have used, at their worst case. */
  unconfirmedTokens: number;
  /** Model calls whose cost is held: asked for, not answered yet. */
  openHolds: Map<string, EventData<"model.requested">>;
  /** The same of tool calls: what is held, by hold, and the hold of each call. */
  openToolHolds: Map<string, number>;
  toolHoldOf: Map<string, string>;
  /** Worst cases charged by a crash or an ending, each of which a late usage report may lower once. */
  unconfirmedCalls: Map<string, EventData<"model.requested">>;
  /** Of the last reply: its calls that were counted. */
  seenToolCalls: Set<string>;
  /** Limits that were warned of, so that it happens once. */
  warned: Set<StopReason>;
  modelProvider: string | null;
  model: string;
  /** The task's own words and documents were looked at, and something was found. */
  inputGuarded: boolean;
  /** What the task's own words are refused for. */
  refused: GuardFinding | null;
  /** Texts that are before others and not yet judged by all of them, by subject. */
  referrals: Map<string, Referral>;
  /** Something from outside looked like instructions; anything from outside was read. */
  tainted: boolean;
  readOutside: boolean;
  /** How often the model was asked to write a blocked answer anew. */
  repairs: number;
  /** When it began to wait for a provider that is down, with no step since. */
  unavailableSinceMs: number | null;
  /** What the agent said of that text, where it is asked to. */
  selfReport: SelfReport | null;
  /** The newest text the agent wrote: what there is to show when it ends here. */
  text: string | null;
};

/** `asks`: those who have not judged yet, in order; `asked`: all of them. */
export type Referral = EventData<"guardrail.referred"> & {
  asked: EventData<"guardrail.referred">["asks"];
  opinion?: Opinion;
};

export function taskFromSubmission(event: Event): TaskState {
  if (event.type !== "task.submitted")
    throw new RangeError(`a journal starts with task.submitted, not ${event.type}`);
  const { data, at } = event;
  const delayed = data.delay_ms !== null;
  return {
    submitted: data,
    seq: event.seq,
    status: delayed ? "waiting" : "queued",
    waitingFor: delayed ? "timer" : null,
    stopReason: null,
    error: null,
    degraded: null,
    reached: null,
    limits: data.limits,
    createdAtMs: at,
    startedAtMs: null,
    finishedAtMs: null,
    deadlineAtMs: delayed ? null : at + data.limits.timeout_ms,
    leftMs: data.limits.timeout_ms,
    wakeAtMs: data.delay_ms === null ? null : at + data.delay_ms,
    leg: delayed ? 0 : 1,
    attempts: 0,
    failedTries: 0,
    lastFailure: null,
    startSeq: 0,
    crashes: [],
    quarantined: false,
    quarantineCrashes: 0,
    turns: 0,
    steps: 0,
    usage: {
      input_tokens: 0,
      output_tokens: 0,
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      model_calls: 0,
      tool_calls: 0,
    },
    modelCostNanoUsd: 0,
    toolCostNanoUsd: 0,
    unconfirmedNanoUsd: 0,
    unconfirmedTokens: 0,
    openHolds: new Map(),
    openToolHolds: new Map(),
    toolHoldOf: new Map(),
    unconfirmedCalls: new Map(),
    seenToolCalls: new Set(),
    warned: new Set(),
    modelProvider: null,
    model: data.model,
    inputGuarded: false,
    refused: null,
    referrals: new Map(),
    tainted: false,
    readOutside: data.input.documents.length > 0,
    repairs: 0,
    unavailableSinceMs: null,
    selfReport: null,
    text: null,
  };
}
