/** The table of failures is what the loop does: each row of it is made to happen. */
import Anthropic from "@anthropic-ai/sdk";
import { type Event, type EventData, foldTask, type NewEvent } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool, type Tool } from "./define-tool.ts";
import { type FailureClass, modelFailures, stopClasses, toolFailures } from "./failure-table.ts";
import type { ModelReply } from "./model/reply.ts";
import type { TaskDeps } from "./task/run.ts";
import {
  callsReply,
  countingTools,
  NOW_MS,
  perform,
  reply,
  scriptedModel,
  submittedEvent,
} from "./task/task-run.fixture.ts";
import { ToolError } from "./tool-error.ts";

describe("a failed model call", () => {
  const thrown: [string, keyof typeof modelFailures, unknown][] = [
    [
      "a refused connection",
      "never_connected",
      Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
    ],
    ["a reset", "stream_broken", Object.assign(new Error("reset"), { code: "ECONNRESET" })],
  ];
  const rows = [
    ...Object.entries(modelFailures).flatMap(([kind, row]) =>
      row.statuses.map((status) => {
        const error = Anthropic.APIError.generate(status, {}, "no", new Headers());
        return { what: `${kind}: ${status}`, row, error: error as unknown };
      }),
    ),
    ...thrown.map(([what, kind, error]) => ({ what, row: modelFailures[kind], error })),
  ];

  it.each(rows)("$what", async ({ row, error }) => {
    const { tools } = countingTools();
    const model = scriptedModel(() => {
      throw error;
    });
    const { outcome, journal, holds } = await perform([submittedEvent(tools)], { model, tools });
    const state = foldTask(journal);
    if (row.class === "transient") {
      expect(outcome).toBe("waiting");
      expect(state).toMatchObject({ waitingFor: "retry", failedTries: 1 });
    } else expect(state).toMatchObject({ status: "failed", stopReason: "permanent_error" });
    expect(state.lastFailure?.code).toBe(row.code);
    expect(state.unconfirmedNanoUsd).toBe(row.billed === "no" ? 0 : holds[0]);
  });
});

describe("a failed tool call is the model's to answer, not the task's end", () => {
  type Code = keyof typeof toolFailures;
  const tool = (run: () => string, over: Partial<Tool> = {}) =>
    defineTool({
      name: "look",
      description: "x",
      input: z.strictObject({ x: z.number() }),
      effect: "read",
      ...over,
      run,
    });
  const works = tool(() => "fine");
  const call = (name: string, input: unknown): ModelReply => callsReply(["c0", name, input]);
  const started: NewEvent[] = [
    { type: "task.started", data: { worker: "w", leg: 1, model_provider: "test" } },
    requested("m1"),
    responded("m1", call("look", { x: 1 })),
    { type: "tool.started", data: { call: "c0", tool: "look", effect: "write" } },
  ];
  type Case = {
    tool: Tool;
    first: ModelReply;
    before?: NewEvent[];
    limits?: object;
    over?: Partial<TaskDeps>;
  };
  const cases: Record<Code, Case> = {
    unknown_tool: { tool: works, first: call("nothing", {}) },
    invalid_input: { tool: works, first: call("look", { x: "one" }) },
    reply_cut: { tool: works, first: { ...call("look", { x: 1 }), stopReason: "max_tokens" } },
    tool_error: {
      tool: tool(() => {
        throw new ToolError("no such order");
      }),
      first: call("look", { x: 1 }),
    },
    tool_timeout: {
      tool: defineTool({ ...works, timeoutMs: 1, run: () => new Promise<string>(() => {}) }),
      first: call("look", { x: 1 }),
    },
    outcome_unknown: { tool: tool(() => "sent", { effect: "write" }), first: reply(), before: started },
    tool_unavailable: {
      tool: tool(() => "fine", { breaker: true }),
      first: call("look", { x: 1 }),
      over: { toolHealth: { admit: () => undefined, downForMs: () => 1000 } },
    },
    limit_reached: { tool: works, first: call("look", { x: 1 }), limits: { max_tool_calls: 0 } },
  };

  it.each(Object.entries(toolFailures) as [Code, FailureClass][])("%s is %s", async (code, kind) => {
    const { tool: looked, first, before = [], limits = {}, over = {} } = cases[code];
    const submitted = submittedEvent([looked]);
    if (submitted.type === "task.submitted") submitted.data.limits = { ...submitted.data.limits, ...limits };
    const soFar = [
      submitted,
      ...before.map((event, i): Event => ({ ...event, seq: i + 2, at: NOW_MS, attempt: 1 })),
    ];
    const model = scriptedModel((_, turn) => (turn === 0 ? first : reply()));
    const { journal } = await perform(soFar, { model, tools: [looked], ...over });
    const failure = journal.find(({ type }) => type === "tool.failed");
    expect(failure?.data).toMatchObject({ error: { code } });
    // A limit ends the task in good order, with what there is; of anything else the model makes the best.
    expect(foldTask(journal)).toMatchObject({
      status: kind === "safety" ? "stopped" : "completed",
      text: "done",
    });
  });
});

describe("what ends a task with what there is", () => {
  const submitted = (limits: object): Event => {
    const event = submittedEvent(countingTools().tools);
    if (event.type === "task.submitted") event.data.limits = { ...event.data.limits, ...limits };
    return event;
  };
  const endless = (_: unknown, turn: number) => callsReply([`c${turn}`, "look", { x: turn }]);
  /** Those that the loop itself gives; guards, detectors and people give the others. */
  const cases: [keyof typeof stopClasses, object, (request: unknown, turn: number) => ModelReply][] = [
    ["budget_reached", { max_cost_nano_usd: 1 }, endless],
    ["max_turns", { max_turns: 2 }, endless],
    ["max_tokens", { max_tokens: 300 }, endless],
    ["max_tool_calls", { max_tool_calls: 1 }, endless],
    ["refusal", {}, () => reply({ stopReason: "refusal" })],
    ["context_exceeded", {}, () => reply({ stopReason: "model_context_window_exceeded" })],
  ];

  it.each(cases)("%s", async (reason, limits, script) => {
    const { tools } = countingTools();
    const { journal } = await perform([submitted(limits)], { model: scriptedModel(script), tools });
    expect(foldTask(journal)).toMatchObject({ status: "stopped", stopReason: reason });
    expect(stopClasses[reason]).toBe("safety");
  });
});

function requested(call: string): NewEvent {
  const data = {
    call,
    model: "claude-sonnet-5-5",
    max_tokens: 256,
    input_tokens_bound: 10,
    held_nano_usd: 0,
  };
  return { type: "model.requested", data };
}

function responded(call: string, { content, stopReason, usage }: ModelReply): NewEvent {
  const data: EventData<"model.responded"> = {
    call,
    model: "claude-sonnet-5-5",
    message_id: "msg",
    content,
    stop_reason: stopReason,
    usage,
    cost_nano_usd: 0,
    duration_ms: 0,
  };
  return { type: "model.responded", data };
}
