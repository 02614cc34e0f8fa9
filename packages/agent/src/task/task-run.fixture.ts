/** A task performed without Redis or network: a scripted model, a journal in memory, and witnesses of both. */
import { type Event, type EventData, foldTask, type NewEvent } from "@pawl/protocol";
import { z } from "zod";
import { submission } from "../../../../test/support/submission.ts";
import { agentDefinition } from "../agent-definition.ts";
import { defineConfig } from "../define-config.ts";
import { defineTool, type Tool } from "../define-tool.ts";
import { createEgressGuard } from "../egress/egress-guard.ts";
import { openToAll } from "../health/model-gate.ts";
import { healthyTools } from "../health/tool-health.ts";
import type { Model, ModelRequest } from "../model/ask-model.ts";
import type { ModelReply } from "../model/reply.ts";
import { priceOf } from "../models/prices.ts";
import type { Recorder } from "./recorder.ts";
import type { TaskDeps, TaskRunOutcome } from "./run.ts";
import { runTask } from "./run-task.ts";

export const MODEL = "claude-sonnet-5-5";
export const NOW_MS = Date.UTC(2026, 10, 22);

type Script = (request: ModelRequest, turn: number) => ModelReply | Promise<ModelReply>;

export function reply(over: Partial<ModelReply> = {}): ModelReply {
  const usage = { input_tokens: 100, output_tokens: 20, cache_read_tokens: 0, cache_write_tokens: 0 };
  return {
    messageId: "msg_1",
    content: [{ type: "text", text: "done" }],
    stopReason: "end_turn",
    billed: { input_tokens: 100, output_tokens: 20 },
    usage,
    malformed: new Map(),
    ...over,
  };
}

export function callsReply(...calls: [id: string, name: string, input: unknown][]): ModelReply {
  return reply({
    content: calls.map(([id, name, input]) => ({ type: "tool_use", id, name, input })),
    stopReason: "tool_use",
  });
}

/** A model that follows a script; `asked` are the requests it was sent. */
export function scriptedModel(script: Script): Model & { asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  return {
    asked,
    async ask(request) {
      asked.push(structuredClone(request));
      const turn = request.messages.filter(({ role }) => role === "assistant").length;
      return script(request, turn);
    },
    countTokens: async () => undefined,
  };
}

/** Three turns with five calls of every effect, then the answer. */
export const story = () =>
  scriptedModel((_, turn) => {
    if (turn === 0)
      return callsReply(["c1", "look", { x: 1 }], ["c2", "put", { x: 2 }], ["c3", "look", { x: 3 }]);
    if (turn === 1) return callsReply(["c4", "send", { x: 4 }]);
    if (turn === 2) return callsReply(["c5", "look", { x: 5 }]);
    return reply({ content: [{ type: "text", text: "five calls made" }] });
  });

/** Tools that only count how often each of them ran. */
export function countingTools(): { tools: Tool[]; runs: string[] } {
  const runs: string[] = [];
  const tool = (name: string, effect: Tool["effect"]) =>
    defineTool({
      name,
      description: `The ${effect} tool.`,
      input: z.strictObject({ x: z.number() }),
      effect,
      run({ x }, { idempotencyKey }) {
        runs.push(`${name}:${x}:${idempotencyKey}`);
        return { doubled: x * 2 };
      },
    });
  return { tools: [tool("look", "read"), tool("put", "idempotent"), tool("send", "write")], runs };
}

export function submittedEvent(tools: Tool[], over: Partial<EventData<"task.submitted">> = {}): Event {
  const config = defineConfig({
    agents: { test: { system: "You are a test.", model: MODEL, tools: tools.map(({ name }) => name) } },
    tools,
  });
  const definition = agentDefinition(config, "test");
  if (definition === undefined) throw new Error("the fixture's agent is missing");
  const data = submission({
    input: { text: "do it", documents: [] },
    agent: "test",
    definition,
    model: MODEL,
    limits: definition.limits,
    user: "ann",
    max_attempts: 3,
    ...over,
  });
  return { seq: 1, at: NOW_MS, attempt: 0, type: "task.submitted", data };
}

export type MemoryRun = {
  outcome: TaskRunOutcome;
  journal: Event[];
  /** The journal's length after each step: a crash parts no step. */
  steps: number[];
  /** The nano-dollars that every refused or granted hold asked for. */
  holds: number[];
  /** What each of them was to leave for a last turn. */
  reserves: number[];
};

/** Performs a task from its journal so far: as a worker would after a claim, in a journal of our own. */
export async function perform(
  journalSoFar: readonly Event[],
  deps: Pick<TaskDeps, "model" | "tools"> & Partial<TaskDeps>,
  refuse: (nanoUsd: number) => { kind: "spent"; freeNanoUsd: number } | undefined = () => undefined,
): Promise<MemoryRun> {
  const journal = [...journalSoFar];
  const holds: number[] = [];
  const reserves: number[] = [];
  const steps: number[] = [];
  const attempt = journal.filter(({ type }) => type === "task.started").length + 1;
  const append = (event: NewEvent) => {
    journal.push({ ...event, seq: journal.length + 1, at: NOW_MS, attempt });
  };
  append({ type: "task.started", data: { worker: "w", leg: 1, model_provider: "test" } });
  const record: Recorder = async (command) => {
    const recorded = await take(command);
    steps.push(journal.length);
    return recorded;
  };
  const take: Recorder = async ({ facts, next }) => {
    facts.forEach(append);
    if (next === undefined) return { kind: "done", freeNanoUsd: 0, soft: false, others: [] };
    const nanoUsd = next.holds.reduce((sum, hold) => sum + hold.nanoUsd, 0);
    holds.push(nanoUsd);
    reserves.push(next.reserveNanoUsd);
    const refused = refuse(nanoUsd);
    if (refused !== undefined) return { ...refused, soft: false, others: [] };
    next.events.forEach(append);
    return { kind: "done", freeNanoUsd: 0, soft: false, others: [] };
  };
  const outcome = await runTask(
    { tenant: "acme", taskId: "task_1", events: [...journal], state: foldTask(journal) },
    {
      priceOf,
      gate: openToAll,
      toolHealth: healthyTools,
      contextWindowOf: () => 200_000,
      record,
      signal: new AbortController().signal,
      stillOurs: () => true,
      replicated: async () => false,
      writeGraceMs: 100,
      answers: { find: async () => undefined, keep: async () => {} },
      guards: undefined,
      openText: () => ({ write: () => {}, flush: () => {} }),
      nowMs: () => NOW_MS,
      random: () => 0.5,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      egress: createEgressGuard({ allow: [] }),
      ...deps,
    },
  );
  return { outcome, journal, steps, holds, reserves };
}

export function types(journal: readonly Event[]): string[] {
  return journal.map(({ type }) => type);
}
