/** A task and a journal as long as one likes, made by the protocol's own hands. */
import {
  type Event,
  type EventView,
  eventView,
  foldTask,
  type NewEvent,
  type TaskState,
} from "@pawl/protocol";
import { submission } from "../support/submission.ts";

const START_MS = Date.UTC(2026, 10, 22, 8);
const STEP_MS = 400;
const USAGE = { input_tokens: 1_200, output_tokens: 80, cache_read_tokens: 900, cache_write_tokens: 100 };

function journalOf(user: string, events: number): Event[] {
  const facts: NewEvent[] = [
    { type: "task.submitted", data: submission({ user }) },
    { type: "task.started", data: { worker: "w-1", leg: 1, model_provider: "test" } },
  ];
  for (let turn = 1; facts.length < events - 1; turn++) facts.push(...turnOf(turn));
  facts.push({ type: "task.completed", data: { stop_reason: "end_turn" } });
  return facts.map((fact, index) => ({
    ...fact,
    seq: index + 1,
    at: START_MS + index * STEP_MS,
    attempt: 1,
  }));
}

function turnOf(turn: number): NewEvent[] {
  const [call, tool] = [`m${turn}`, `toolu_${turn}`];
  return [
    {
      type: "model.requested",
      data: {
        call,
        model: "claude-sonnet-5-5",
        max_tokens: 4_096,
        input_tokens_bound: 3_000,
        held_nano_usd: 9_000_000,
      },
    },
    {
      type: "model.responded",
      data: {
        call,
        model: "claude-sonnet-5-5",
        message_id: `msg_${turn}`,
        content: [{ type: "tool_use", id: tool, name: "look", input: { page: turn } }],
        stop_reason: "tool_use",
        usage: USAGE,
        cost_nano_usd: 3_100_000,
        duration_ms: STEP_MS,
      },
    },
    { type: "tool.started", data: { call: tool, tool: "look", effect: "read" } },
    {
      type: "tool.completed",
      data: { call: tool, tool: "look", content: `page ${turn}`, duration_ms: STEP_MS },
    },
  ];
}

export function stateOf(user: string): TaskState {
  return foldTask(journalOf(user, 12));
}

export function longJournal(events: number): EventView[] {
  return journalOf("user-1", events).map(eventView);
}
