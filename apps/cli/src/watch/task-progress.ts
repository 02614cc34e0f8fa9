/** How far a task is: a fold over the events that were seen, for people who look on. Knows no terminal. */
import type { Event, FullBudget, TaskStatus } from "@pawl/client";
import { isJudgement } from "@pawl/protocol";

export type TaskProgress = {
  readonly task: string;
  readonly status: TaskStatus;
  readonly waitingFor: string | undefined;
  readonly agent: string;
  readonly model: string;
  readonly budget: FullBudget | undefined;
  readonly turns: number;
  readonly calls: number;
  /** In and out, the cache's included: as the budget counts them. */
  readonly tokens: number;
  readonly costUsd: number;
  /** Held for the calls that are in flight. */
  readonly heldUsd: number;
  readonly attempt: number;
  /** The model is asked for the guards' sake: no turn. */
  readonly isAside: boolean;
  /** Tools that run right now. */
  readonly running: readonly string[];
  /** The answer that is being written. */
  readonly text: string;
  readonly startedAtMs: number | undefined;
};

export function beginProgress(task: string): TaskProgress {
  return {
    task,
    status: "queued",
    waitingFor: undefined,
    agent: "",
    model: "",
    budget: undefined,
    turns: 0,
    calls: 0,
    tokens: 0,
    costUsd: 0,
    heldUsd: 0,
    attempt: 0,
    isAside: false,
    running: [],
    text: "",
    startedAtMs: undefined,
  };
}

export function applyToProgress(before: TaskProgress, { type, data, at, attempt }: Event): TaskProgress {
  const now = { ...before, attempt: Math.max(before.attempt, attempt) };
  const cost = before.costUsd + numberOf(data.cost_usd);
  switch (type) {
    case "task.submitted": {
      const budget = isBudget(data.budget) ? data.budget : undefined;
      return {
        ...now,
        agent: textOf(data.agent),
        model: textOf(data.model),
        budget,
        startedAtMs: Date.parse(at),
      };
    }
    case "task.started":
      return { ...now, status: "running", waitingFor: undefined, running: [], heldUsd: 0, text: "" };
    case "task.waiting":
      return { ...now, status: "waiting", waitingFor: textOf(data.for), running: [], heldUsd: 0 };
    case "task.resumed":
    case "task.handed_back": {
      const raised =
        isRecord(data.budget) && before.budget ? { ...before.budget, ...data.budget } : before.budget;
      return { ...now, status: "queued", waitingFor: undefined, running: [], budget: raised };
    }
    case "model.requested": {
      const held = { heldUsd: numberOf(data.held_usd), isAside: isJudgement(data) };
      // What judges a text is not the task's own model, and the text stays to be read.
      return held.isAside ? { ...now, ...held } : { ...now, ...held, model: textOf(data.model), text: "" };
    }
    case "model.responded": {
      const usage = isRecord(data.usage) ? data.usage : {};
      const tokens = Object.values(usage)
        .map(numberOf)
        .reduce((sum, part) => sum + part, 0);
      const turns = before.turns + (before.isAside ? 0 : 1);
      return { ...now, turns, tokens: before.tokens + tokens, costUsd: cost, heldUsd: 0 };
    }
    case "model.failed":
      return { ...now, costUsd: cost, heldUsd: 0, text: "" };
    case "model.downgraded":
      return { ...now, model: textOf(data.to) };
    case "tool.started":
      return { ...now, calls: before.calls + 1, running: [...before.running, textOf(data.tool)], text: "" };
    case "tool.completed":
    case "tool.failed": {
      const place = before.running.indexOf(textOf(data.tool));
      return { ...now, costUsd: cost, running: before.running.filter((_, index) => index !== place) };
    }
    case "task.completed":
    case "task.stopped":
    case "task.failed":
    case "task.cancelled":
      return {
        ...now,
        status: terminalStatus(type),
        waitingFor: undefined,
        running: [],
        heldUsd: 0,
        text: "",
      };
    default:
      return now;
  }
}

/** Only the end of a long text is looked at. */
const MOST_TEXT = 4_000;

export function applyText(before: TaskProgress, text: string): TaskProgress {
  return { ...before, text: (before.text + text).slice(-MOST_TEXT) };
}

function terminalStatus(
  type: "task.completed" | "task.stopped" | "task.failed" | "task.cancelled",
): TaskStatus {
  const statuses = {
    "task.completed": "completed",
    "task.stopped": "stopped",
    "task.failed": "failed",
    "task.cancelled": "cancelled",
  } as const;
  return statuses[type];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isBudget(value: unknown): value is FullBudget {
  return isRecord(value) && typeof value.max_cost_usd === "number" && typeof value.max_turns === "number";
}

const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "?");
