/**
 * What one run of a task carries from step to step, and how it changes: a fact is folded when it happens and
 * journalled with the next step, so that one step says all there is to say between two things.
 */
import { applyEvent, type Event, type NewEvent, type TaskState } from "@pawl/protocol";
import type { Tool, ToolContext } from "../define-tool.ts";
import type { ModelGate } from "../health/model-gate.ts";
import type { ToolHealth } from "../health/tool-health.ts";
import type { Model } from "../model/ask-model.ts";
import type { Price } from "../models/prices.ts";
import type { AnswerCache } from "./answer-cache.ts";
import { type Conversation, foldConversation, hear } from "./conversation.ts";
import type { Guards } from "./guards.ts";
import type { OpenLiveText } from "./live-text.ts";
import type { Record, Recorded, Recorder, Settled } from "./recorder.ts";
import { type LoopWatch, watchEvent, watchLoops } from "./watch-loops.ts";

export type TaskRun = {
  tenant: string;
  taskId: string;
  /** The journal as the claim returned it. */
  events: readonly Event[];
  /** The fold of those events. It is the run's from here on, and changes with each further one. */
  state: TaskState;
};

export type TaskDeps = {
  model: Model;
  /** Whether a model may be asked now, and what has become of the call. */
  gate: ModelGate;
  toolHealth: ToolHealth;
  priceOf: (model: string, atMs: number) => Price | undefined;
  /** In tokens. */
  contextWindowOf: (model: string) => number;
  tools: readonly Tool[];
  record: Recorder;
  /** Aborted with an Interruption. */
  signal: AbortSignal;
  /** Whether our lease holds: asked right before each effect. Where it does not, `signal` is aborted by then. */
  stillOurs: () => boolean;
  /** Waits until what was recorded would survive the loss of its server, where that can be had; false: no wait. */
  replicated: () => Promise<boolean>;
  /** How long a `write` tool in flight may still take when the worker is going. */
  writeGraceMs: number;
  answers: AnswerCache;
  /** Those that the task's definition asks for; undefined: none. */
  guards: Guards | undefined;
  /** Text as it is being written, to whoever follows the task. */
  openText: OpenLiveText;
  nowMs: () => number;
  random: () => number;
  log: ToolContext["log"];
  egress: ToolContext["egress"];
};

/** How the worker's stay with the task ended; the journal says the rest. */
export type TaskRunOutcome = "ended" | "waiting" | "handed_back" | "lost";

/** A task in a worker's hands. */
export type Run = TaskRun &
  TaskDeps & {
    conversation: Conversation;
    /** undefined: the agent's author wants none. */
    loops: LoopWatch | undefined;
    toolsByName: ReadonlyMap<string, Tool>;
    /** Said to nobody yet: they go with the next step. */
    facts: NewEvent[];
    settled: Settled[];
    /** Some account has reached its soft limit, as far as the last step knew. */
    soft: boolean;
    /** Kept for one last turn, as the last granted step left it. */
    reserveNanoUsd: number;
    /** Texts that were put before others in this stay, by subject. */
    referredTexts: Map<string, string>;
  };

/** "continue": the loop goes on. */
export type Outcome = TaskRunOutcome | "continue";

export function takeUp(task: TaskRun, deps: TaskDeps): Run {
  const { state } = task;
  // The pinned definition says which tools; the worker's configuration has their code.
  const allowed = new Set(state.submitted.definition.tools.map(({ name }) => name));
  const tools = deps.tools.filter(({ name }) => allowed.has(name));
  return {
    ...task,
    ...deps,
    conversation: foldConversation(task.events, deps.guards?.spotlight),
    loops: watchLoops(state.submitted.definition, task.events),
    toolsByName: new Map(tools.map((tool) => [tool.name, tool])),
    facts: [],
    settled: [],
    soft: false,
    reserveNanoUsd: 0,
    referredTexts: new Map(),
  };
}

/** A fact: it is folded now and journalled with the next step. */
export function remember(run: Run, event: NewEvent): void {
  apply(run, event);
  run.facts.push(event);
}

/** Own events are folded before they have their number; only `at` of the clock here differs from the journal's. */
export function apply(run: Run, event: NewEvent): void {
  const at = run.nowMs();
  hear(run.conversation, event);
  if (run.loops !== undefined) watchEvent(run.loops, event, at);
  applyEvent(run.state, { ...event, seq: run.state.seq + 1, at, attempt: run.state.attempts });
}

/** What is known is recorded before anything else is waited for; false: the task is lost. */
export async function recordKnown(run: Run): Promise<boolean> {
  return run.facts.length === 0 || (await record(run, { where: { to: "running" } })).kind !== "lost";
}

/** Sends what was remembered, with what comes next, and folds what others appended meanwhile. */
export async function record(run: Run, command: Omit<Record, "facts" | "settled">): Promise<Recorded> {
  const { facts, settled } = run;
  run.facts = [];
  run.settled = [];
  const recorded = await run.record({ ...command, facts, settled });
  if (recorded.kind === "lost") return recorded;
  run.soft ||= recorded.soft;
  if (recorded.kind === "done" && command.next !== undefined)
    run.reserveNanoUsd = command.next.reserveNanoUsd;
  for (const event of recorded.others) {
    hear(run.conversation, event);
    if (run.loops !== undefined) watchEvent(run.loops, event, event.at);
    applyEvent(run.state, event);
  }
  return recorded;
}
