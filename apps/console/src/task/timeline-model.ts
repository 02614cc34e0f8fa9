/**
 * A task's journal as what people see of it: turns, calls, waits and attempts, each with a beginning and an end on
 * one axis of time, and marks where something happened that one wants to know of. A fold like any other: it can
 * be given more events at any time, and an event type that it does not know becomes a mark and is not lost.
 */
import type { EventView } from "../api/shapes.ts";
import { words } from "../text/format.ts";
import { oneLine } from "../text/inert-text.ts";
import { listOf, numberOf, objectOf, textIn } from "./event-data.ts";
import { markWords, type Tone } from "./mark-words.ts";

/** `seq`: the event it began with, which names the row. `endMs` null: it goes on. */
type Span = { seq: number; startMs: number; endMs: number | null; attempt: number };

export type TurnRow = Span & {
  kind: "turn";
  /** Counts the model's replies; null for one that has not come, and for what is no turn of the agent's. */
  turn: number | null;
  call: string;
  model: string;
  outcome: "open" | "answered" | "failed" | "lost";
  /** What the call was for where it is no turn of the agent's; else nothing. */
  aside: string;
  text: string;
  costUsd: number;
  tokensIn: number;
  tokensOut: number;
  isUnconfirmed: boolean;
};
export type CallRow = Span & {
  kind: "call";
  call: string;
  tool: string;
  effect: string | null;
  outcome: "open" | "done" | "failed" | "lost";
  text: string;
  costUsd: number;
};
export type WaitRow = Span & { kind: "wait"; wait: string; text: string };
export type MarkRow = Span & { kind: "mark"; type: string; tone: Tone; title: string; text: string };
export type Row = TurnRow | CallRow | WaitRow | MarkRow;

export type Timeline = {
  rows: Row[];
  /** Those of the marks that a reader should not miss. */
  findings: MarkRow[];
  startMs: number;
  /** Of the last event. */
  endMs: number;
  isOver: boolean;
  attempts: number;
  crashesSurvived: number;
  turns: number;
};

type Draft = Timeline & {
  openTurns: Map<string, TurnRow>;
  openCalls: Map<string, CallRow>;
  /** The tool calls that the model asked for: their inputs stand in its replies. */
  inputs: Map<string, string>;
  wait: WaitRow | null;
  isRunning: boolean;
  worker: string;
};

export function timelineOf(events: readonly EventView[]): Timeline {
  const first = events[0];
  const startMs = first === undefined ? 0 : Date.parse(first.at);
  const draft: Draft = {
    rows: [],
    findings: [],
    startMs,
    endMs: startMs,
    isOver: false,
    attempts: 0,
    crashesSurvived: 0,
    turns: 0,
    openTurns: new Map(),
    openCalls: new Map(),
    inputs: new Map(),
    wait: null,
    isRunning: false,
    worker: "",
  };
  for (const event of events) addEvent(draft, event);
  // Calls of one turn run beside each other: they stand by their beginning.
  return { ...draft, rows: sortedByStart(draft.rows) };
}

function addEvent(draft: Draft, event: EventView): void {
  const { seq, type, data, attempt } = event;
  const atMs = Date.parse(event.at);
  draft.endMs = Math.max(draft.endMs, atMs);
  const span = { seq, startMs: atMs, endMs: atMs, attempt };
  const mark = (tone: Tone, title: string, text = "", isFinding = false) => {
    const row: MarkRow = { ...span, kind: "mark", type, tone, title, text };
    draft.rows.push(row);
    if (isFinding) draft.findings.push(row);
  };
  switch (type) {
    case "task.submitted":
      draft.wait = openWait(draft, span, data.delay_ms === null ? "queue" : "timer");
      return;
    case "task.started":
      startAttempt(draft, event, atMs, mark);
      return;
    case "model.requested": {
      const row: TurnRow = {
        ...span,
        endMs: null,
        kind: "turn",
        turn: null,
        call: textIn(data, "call"),
        model: textIn(data, "model"),
        outcome: "open",
        aside: words(textIn(data, "purpose")),
        text: "",
        costUsd: numberOf(data.held_usd),
        tokensIn: 0,
        tokensOut: 0,
        isUnconfirmed: false,
      };
      draft.rows.push(row);
      draft.openTurns.set(row.call, row);
      return;
    }
    case "model.responded":
      answerTurn(draft, event, atMs);
      return;
    case "model.failed": {
      const row = draft.openTurns.get(textIn(data, "call"));
      draft.openTurns.delete(textIn(data, "call"));
      const error = objectOf(data.error);
      const text = oneLine([textIn(error, "code"), textIn(error, "message")].filter(Boolean).join(": "));
      if (row === undefined) {
        mark("failed", "Model call failed", text);
        return;
      }
      Object.assign(row, {
        endMs: atMs,
        outcome: "failed",
        text,
        costUsd: numberOf(data.cost_usd),
        isUnconfirmed: data.unconfirmed === true,
      });
      return;
    }
    case "tool.started": {
      const row: CallRow = {
        ...span,
        endMs: null,
        kind: "call",
        call: textIn(data, "call"),
        tool: textIn(data, "tool"),
        effect: textIn(data, "effect") || null,
        outcome: "open",
        text: draft.inputs.get(textIn(data, "call")) ?? "",
        costUsd: 0,
      };
      draft.rows.push(row);
      draft.openCalls.set(row.call, row);
      return;
    }
    case "tool.completed":
    case "tool.failed":
      answerCall(draft, event, atMs);
      return;
    case "task.waiting": {
      loseOpen(draft, atMs);
      draft.isRunning = false;
      draft.wait = openWait(draft, span, textIn(data, "for"), oneLine(textIn(data, "message")));
      return;
    }
    case "task.resumed": {
      const because = textIn(data, "because");
      draft.isOver = false;
      draft.isRunning = false;
      closeWait(draft, atMs);
      loseOpen(draft, atMs);
      if (because === "request") {
        const budget = Object.entries(objectOf(data.budget));
        const raised = budget.map(([name, value]) => `${words(name)} ${String(value)}`).join(", ");
        mark("good", "Resumed on request", raised === "" ? "" : `with ${raised}`, true);
      }
      draft.wait = openWait(draft, span, "queue");
      return;
    }
    case "task.handed_back":
      loseOpen(draft, atMs);
      draft.isRunning = false;
      mark("survived", "Handed back by its worker", words(textIn(data, "because")), true);
      draft.wait = openWait(draft, span, "queue");
      return;
    case "task.completed":
      end(draft, atMs, () => mark("good", "Completed", oneLine(textIn(objectOf(data.cached), "message"))));
      return;
    case "task.stopped":
      end(draft, atMs, () =>
        mark("stopped", `Stopped: ${words(textIn(data, "stop_reason"))}`, oneLine(textIn(data, "message"))),
      );
      return;
    case "task.failed":
      end(draft, atMs, () =>
        mark(
          "failed",
          `Failed: ${words(textIn(data, "stop_reason"))}`,
          oneLine(textIn(objectOf(data.error), "message")),
        ),
      );
      return;
    case "task.cancelled":
      end(draft, atMs, () => mark("plain", "Cancelled"));
      return;
    case "usage.confirmed":
      mark("plain", "Late usage report", `${textIn(data, "call")} cost $${numberOf(data.cost_usd)}`);
      return;
    case "model.downgraded":
      mark(
        "waiting",
        `Another model: ${oneLine(textIn(data, "to"), 60)}`,
        oneLine(textIn(data, "message")),
        true,
      );
      return;
    // What comes of it is told where it comes.
    case "guardrail.referred":
      return;
    default: {
      const { tone, title, text } = markWords(type, data);
      mark(tone, title, text, !type.startsWith("context.") && type !== "guardrail.judged");
    }
  }
}

function startAttempt(
  draft: Draft,
  event: EventView,
  atMs: number,
  mark: (tone: Tone, title: string, text: string, isFinding: boolean) => void,
): void {
  const worker = textIn(event.data, "worker");
  // A claim of a task that still runs means that its worker was lost.
  if (draft.isRunning) {
    loseOpen(draft, atMs);
    draft.crashesSurvived += 1;
    const lost = draft.worker === "" ? "The worker" : `Worker ${draft.worker}`;
    mark(
      "survived",
      "Crash survived",
      `${lost} was lost; ${worker} goes on from event ${event.seq - 1}`,
      true,
    );
  }
  closeWait(draft, atMs);
  draft.attempts = Math.max(draft.attempts + 1, event.attempt);
  draft.isRunning = true;
  draft.worker = worker;
}

export function turnTitle({ aside, turn }: TurnRow): string {
  if (aside !== "") return oneLine(aside.charAt(0).toUpperCase() + aside.slice(1), 40);
  return turn === null ? "Model call" : `Turn ${turn}`;
}

function answerTurn(draft: Draft, { data }: EventView, atMs: number): void {
  const call = textIn(data, "call");
  const row = draft.openTurns.get(call);
  const blocks = listOf(data.content).map(objectOf);
  for (const block of blocks) {
    if (block.type === "tool_use")
      draft.inputs.set(textIn(block, "id"), oneLine(JSON.stringify(block.input ?? {})));
  }
  if (row === undefined) return;
  draft.openTurns.delete(call);
  if (row.aside === "") draft.turns += 1;
  const usage = objectOf(data.usage);
  const said = blocks.filter(({ type }) => type === "text").map((block) => textIn(block, "text"));
  const asked = blocks.filter(({ type }) => type === "tool_use").map((block) => textIn(block, "name"));
  Object.assign(row, {
    endMs: atMs,
    outcome: "answered",
    turn: row.aside === "" ? draft.turns : null,
    text: asked.length > 0 ? `asks for ${oneLine(asked.join(", "))}` : oneLine(said.join(" ")),
    costUsd: numberOf(data.cost_usd),
    tokensIn:
      numberOf(usage.input_tokens) + numberOf(usage.cache_read_tokens) + numberOf(usage.cache_write_tokens),
    tokensOut: numberOf(usage.output_tokens),
    isUnconfirmed: data.unconfirmed === true,
  });
}

function answerCall(draft: Draft, { seq, type, data, attempt }: EventView, atMs: number): void {
  const call = textIn(data, "call");
  const tookMs = numberOf(data.duration_ms);
  const isDone = type === "tool.completed";
  const error = objectOf(data.error);
  const repeated = numberOf(objectOf(data.blocked).answered_in_turn);
  const answer = {
    endMs: atMs,
    outcome: isDone ? "done" : "failed",
    text:
      repeated > 0
        ? `not run again: the answer of turn ${repeated}`
        : isDone
          ? (draft.inputs.get(call) ?? oneLine(textIn(data, "content")))
          : oneLine([textIn(error, "code"), textIn(error, "message")].filter(Boolean).join(": ")),
    costUsd: numberOf(data.cost_usd),
  } as const;
  const open = draft.openCalls.get(call);
  draft.openCalls.delete(call);
  // A read may be noted as begun and as done in one step; how long it took is said by itself.
  const startMs = Math.max(draft.startMs, Math.min(open?.startMs ?? atMs, atMs - tookMs));
  if (open !== undefined) Object.assign(open, answer, { startMs });
  else
    draft.rows.push({
      seq,
      attempt,
      startMs,
      kind: "call",
      call,
      tool: textIn(data, "tool"),
      effect: null,
      ...answer,
    });
}

function openWait(draft: Draft, span: Span, wait: string, text = ""): WaitRow {
  const row: WaitRow = { ...span, endMs: null, kind: "wait", wait, text };
  draft.rows.push(row);
  return row;
}

function closeWait(draft: Draft, atMs: number): void {
  if (draft.wait !== null) draft.wait.endMs = atMs;
  draft.wait = null;
}

/** What nobody will answer any more. */
function loseOpen(draft: Draft, atMs: number): void {
  for (const row of draft.openTurns.values())
    Object.assign(row, { endMs: atMs, outcome: "lost", isUnconfirmed: true });
  for (const row of draft.openCalls.values()) Object.assign(row, { endMs: atMs, outcome: "lost" });
  draft.openTurns.clear();
  draft.openCalls.clear();
}

function end(draft: Draft, atMs: number, mark: () => void): void {
  closeWait(draft, atMs);
  loseOpen(draft, atMs);
  draft.isRunning = false;
  draft.isOver = true;
  mark();
}

function sortedByStart(rows: Row[]): Row[] {
  return rows.sort((a, b) => a.startMs - b.startMs || a.seq - b.seq);
}
