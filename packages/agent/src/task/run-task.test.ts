import Anthropic from "@anthropic-ai/sdk";
import { type Event, foldTask } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { Interruption } from "./interruption.ts";
import { limitMessages } from "./plan-turn.ts";
import {
  callsReply,
  countingTools,
  MODEL,
  NOW_MS,
  perform,
  reply,
  scriptedModel,
  submittedEvent,
  types,
} from "./task-run.fixture.ts";

/** Three turns with five calls of every effect, then the answer. */
const story = () =>
  scriptedModel((_, turn) => {
    if (turn === 0)
      return callsReply(["c1", "look", { x: 1 }], ["c2", "put", { x: 2 }], ["c3", "look", { x: 3 }]);
    if (turn === 1) return callsReply(["c4", "send", { x: 4 }]);
    if (turn === 2) return callsReply(["c5", "look", { x: 5 }]);
    return reply({ content: [{ type: "text", text: "five calls made" }] });
  });

const stateOf = (journal: readonly Event[]) => foldTask(journal);

describe("the loop", () => {
  it("asks, answers every call and ends with the model's last word", async () => {
    const { tools, runs } = countingTools();
    const model = story();
    const { outcome, journal } = await perform([submittedEvent(tools)], { model, tools });
    expect(outcome).toBe("ended");
    expect(stateOf(journal)).toMatchObject({
      status: "completed",
      text: "five calls made",
      turns: 4,
      steps: 9,
    });
    expect(runs.map((run) => run.split(":")[0])).toEqual(["look", "put", "look", "send", "look"]);
    expect(types(journal).slice(0, 8)).toEqual([
      "task.submitted",
      "task.started",
      "model.requested",
      "model.responded",
      "tool.started",
      "tool.started",
      "tool.started",
      "tool.completed",
    ]);
  });

  it("sends the answers of one turn together, in the order of the calls", async () => {
    const { tools } = countingTools();
    const model = story();
    await perform([submittedEvent(tools)], { model, tools });
    const answers = model.asked[1]?.messages.at(-1);
    expect(answers?.role).toBe("user");
    expect(answers?.content.map((block) => block.tool_use_id)).toEqual(["c1", "c2", "c3"]);
  });

  it("tells the model of unknown tools, bad input and malformed input, and goes on", async () => {
    const { tools, runs } = countingTools();
    const model = scriptedModel((_, turn) => {
      if (turn > 0) return reply();
      const calls = callsReply(
        ["a", "nope", {}],
        ["b", "look", { x: "one" }],
        ["c", "look", {}],
        ["d", "look", { x: 1 }],
      );
      return { ...calls, malformed: new Map([["c", '{"x": 1']]) };
    });
    const { journal } = await perform([submittedEvent(tools)], { model, tools });
    const codes = journal.flatMap((event) => (event.type === "tool.failed" ? [event.data.error.code] : []));
    expect(codes).toEqual(["unknown_tool", "invalid_input", "invalid_input"]);
    expect(runs).toHaveLength(1);
    const answers = model.asked[1]?.messages.at(-1)?.content ?? [];
    expect(answers.map((block) => block.is_error ?? false)).toEqual([true, true, true, false]);
    expect(stateOf(journal).status).toBe("completed");
  });

  it("does not run a call that was cut with its reply, however well it reads", async () => {
    const { tools, runs } = countingTools();
    const model = scriptedModel((_, turn) =>
      turn === 0
        ? { ...callsReply(["a", "look", { x: 1 }], ["b", "send", { x: 2 }]), stopReason: "max_tokens" }
        : reply(),
    );
    const { journal } = await perform([submittedEvent(tools)], { model, tools });
    expect(runs.map((run) => run.split(":")[0])).toEqual(["look"]);
    expect(journal.find((event) => event.type === "tool.failed")).toMatchObject({
      data: { call: "b", error: { code: "reply_cut" } },
    });
    expect(stateOf(journal).status).toBe("completed");
  });

  it("still knows after a crash that a call's input was no JSON", async () => {
    const { tools, runs } = countingTools();
    const script = () =>
      scriptedModel((_, turn) =>
        turn === 0 ? { ...callsReply(["a", "send", { x: 1 }]), malformed: new Map([["a", "{"]]) } : reply(),
      );
    const whole = (await perform([submittedEvent(tools)], { model: script(), tools })).journal;
    const cut = whole.findIndex(({ type }) => type === "model.responded") + 1;
    await perform(whole.slice(0, cut), { model: script(), tools });
    expect(runs).toEqual([]);
  });

  it("gives calls of different turns keys of their own, though a gateway repeats their ids", async () => {
    const { tools, runs } = countingTools();
    const model = scriptedModel((_, turn) => (turn < 3 ? callsReply(["same", "put", { x: turn }]) : reply()));
    const { journal } = await perform([submittedEvent(tools)], { model, tools });
    expect(new Set(runs.map((run) => run.split(":").at(-1))).size).toBe(3);
    expect(stateOf(journal).usage.tool_calls).toBe(3);
  });

  it("sends no blank text and no empty message back", async () => {
    const { tools } = countingTools();
    const model = scriptedModel((_, turn) => {
      if (turn === 0)
        return {
          ...callsReply(["a", "look", { x: 1 }]),
          content: [{ type: "text", text: "\n\n" }, ...callsReply(["a", "look", { x: 1 }]).content],
        };
      if (turn === 1 && model.asked.length < 3)
        return reply({ content: [{ type: "text", text: "" }], stopReason: "max_tokens" });
      return reply();
    });
    await perform([submittedEvent(tools)], { model, tools });
    for (const { messages } of model.asked)
      for (const { content } of messages) {
        expect(content.length).toBeGreaterThan(0);
        for (const block of content)
          if (block.type === "text") expect(String(block.text).trim()).not.toBe("");
      }
    expect(model.asked.length).toBe(3);
  });

  it("never runs the calls of a refusal, and stops", async () => {
    const { tools, runs } = countingTools();
    const model = scriptedModel(() => ({ ...callsReply(["a", "send", { x: 1 }]), stopReason: "refusal" }));
    const { journal } = await perform([submittedEvent(tools)], { model, tools });
    expect(stateOf(journal)).toMatchObject({ status: "stopped", stopReason: "refusal" });
    expect(runs).toEqual([]);
  });

  it("asks again after a pause, and lets a reply that was cut go on", async () => {
    const { tools } = countingTools();
    const model = scriptedModel((_, turn) => {
      if (turn === 0)
        return reply({ stopReason: "pause_turn", content: [{ type: "text", text: "thinking" }] });
      if (turn === 1)
        return reply({ stopReason: "max_tokens", content: [{ type: "text", text: "half a sent" }] });
      return reply({ content: [{ type: "text", text: "ence" }] });
    });
    const { journal } = await perform([submittedEvent(tools)], { model, tools });
    expect(stateOf(journal)).toMatchObject({ status: "completed", turns: 3 });
    expect(model.asked[1]?.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(model.asked[2]?.messages.at(-1)?.role).toBe("user");
  });

  it("stops where the context window is full", async () => {
    const { tools } = countingTools();
    const model = scriptedModel(() => reply({ stopReason: "model_context_window_exceeded" }));
    const { journal } = await perform([submittedEvent(tools)], { model, tools });
    expect(stateOf(journal)).toMatchObject({ status: "stopped", stopReason: "context_exceeded" });
  });
});

describe("a journal cut after any event and taken up again", () => {
  it("reaches the same outcome, asks for no recorded reply again and repeats no write", async () => {
    const whole = countingTools();
    const finished = (await perform([submittedEvent(whole.tools)], { model: story(), tools: whole.tools }))
      .journal;
    expect(finished.at(-1)?.type).toBe("task.completed");
    for (let cut = 1; cut < finished.length; cut++) {
      const kept = finished.slice(0, cut);
      const { tools, runs } = countingTools();
      const model = story();
      const { outcome, journal } = await perform(kept, { model, tools });
      const before = kept.filter(({ type }) => type === "model.responded").length;
      expect(model.asked.length, `cut ${cut}`).toBe(4 - before);
      expect({ cut, outcome, ...pick(stateOf(journal)) }).toEqual({
        cut,
        outcome: "ended",
        status: "completed",
        text: "five calls made",
        turns: 4,
      });
      const writeStarted = kept.some((event) => event.type === "tool.started" && event.data.tool === "send");
      const writes = runs.filter((run) => run.startsWith("send")).length;
      expect(writes, `writes after cut ${cut}`).toBe(writeStarted ? 0 : 1);
      const answered = new Set(
        kept.flatMap((event) => (event.type === "tool.completed" ? [event.data.call] : [])),
      );
      for (const run of runs)
        expect(answered.has(run.split(".").at(-1) ?? ""), `cut ${cut}: ${run}`).toBe(false);
    }
  });

  it("repeats an idempotent call with the same key", async () => {
    const first = countingTools();
    const finished = (await perform([submittedEvent(first.tools)], { model: story(), tools: first.tools }))
      .journal;
    const cut = finished.findIndex((event) => event.type === "tool.completed" && event.data.call === "c2");
    const second = countingTools();
    await perform(finished.slice(0, cut), { model: story(), tools: second.tools });
    const key = (runs: string[]) => runs.find((run) => run.startsWith("put"));
    expect(key(second.runs)).toBe(key(first.runs));
  });
});

const pick = ({ status, text, turns }: ReturnType<typeof foldTask>) => ({ status, text, turns });

describe("limits", () => {
  const endless = () => scriptedModel((_, turn) => callsReply([`c${turn}`, "look", { x: turn }]));
  const limited = (over: object) => {
    const { tools, runs } = countingTools();
    const submitted = submittedEvent(tools);
    if (submitted.type !== "task.submitted") throw new Error("unreachable");
    submitted.data.limits = { ...submitted.data.limits, ...over };
    return { tools, runs, submitted };
  };

  it("stops after max_turns", async () => {
    const { tools, submitted } = limited({ max_turns: 3 });
    const model = endless();
    const { journal } = await perform([submitted], { model, tools });
    expect(model.asked).toHaveLength(3);
    expect(stateOf(journal)).toMatchObject({ status: "stopped", stopReason: "max_turns", turns: 3 });
    expect(stateOf(journal).degraded?.message).toBe(limitMessages.max_turns);
  });

  it("runs no more than max_tool_calls, then lets the model answer once without tools", async () => {
    const { tools, runs, submitted } = limited({ max_tool_calls: 2 });
    const model = scriptedModel((request, turn) =>
      request.mayUseTools ? callsReply([`c${turn}`, "look", { x: turn }]) : reply(),
    );
    const { journal } = await perform([submitted], { model, tools });
    expect(runs).toHaveLength(2);
    expect(model.asked.at(-1)?.mayUseTools).toBe(false);
    expect(stateOf(journal)).toMatchObject({ status: "stopped", stopReason: "max_tool_calls", text: "done" });
  });

  it("counts only calls that it let through, so that a resume has what was raised", async () => {
    const { tools, runs, submitted } = limited({ max_tool_calls: 2 });
    const five = [1, 2, 3, 4, 5].map((x): [string, string, unknown] => [`c${x}`, "look", { x }]);
    const model = scriptedModel((request, turn) =>
      turn === 0 && request.mayUseTools ? callsReply(...five) : reply(),
    );
    const { journal } = await perform([submitted], { model, tools });
    expect(runs).toHaveLength(2);
    expect(stateOf(journal).usage.tool_calls).toBe(2);
  });

  it("never asks for more money than the budget leaves, and ends with an answer", async () => {
    const { tools, submitted } = limited({ max_cost_nano_usd: 40_000_000 });
    const model = scriptedModel((request, turn) => {
      const billed = { input_tokens: 1000, output_tokens: Math.min(request.maxTokens, 700) };
      const usage = { ...billed, cache_read_tokens: 0, cache_write_tokens: 0 };
      const content = request.mayUseTools ? callsReply([`c${turn}`, "look", { x: turn }]) : reply();
      return { ...content, billed, usage };
    });
    const { journal, holds } = await perform([submitted], { model, tools });
    const state = stateOf(journal);
    expect(state).toMatchObject({ status: "stopped", stopReason: "budget_reached", text: "done" });
    expect(state.modelCostNanoUsd).toBeLessThanOrEqual(40_000_000);
    let spent = 0;
    let hold = 0;
    for (const event of journal) {
      if (event.type === "model.requested")
        expect(spent + (holds[hold++] ?? 0)).toBeLessThanOrEqual(40_000_000);
      if (event.type === "model.responded") spent += event.data.cost_nano_usd;
    }
    expect(hold).toBeGreaterThan(2);
  });

  it("asks nothing where the budget cannot pay the least answer", async () => {
    const { tools, submitted } = limited({ max_cost_nano_usd: 1000 });
    const model = endless();
    const { journal } = await perform([submitted], { model, tools });
    expect(model.asked).toHaveLength(0);
    expect(stateOf(journal)).toMatchObject({
      status: "stopped",
      stopReason: "budget_reached",
      modelCostNanoUsd: 0,
    });
  });

  it("plans anew with what is free where the ledger knows of less", async () => {
    const { tools, submitted } = limited({});
    const free = 30_000_000;
    const model = scriptedModel(() => reply());
    const { journal, holds } = await perform([submitted], { model, tools }, (nanoUsd) =>
      nanoUsd > free ? { kind: "spent", freeNanoUsd: free } : undefined,
    );
    expect(holds[0]).toBeGreaterThan(free);
    expect(holds[1]).toBeLessThanOrEqual(free);
    expect(stateOf(journal).status).toBe("completed");
  });

  it("counts tokens before they are used", async () => {
    const { tools, submitted } = limited({ max_tokens: 6000 });
    const model = scriptedModel((request, turn) => {
      const billed = { input_tokens: 900, output_tokens: request.maxTokens };
      const usage = { ...billed, cache_read_tokens: 0, cache_write_tokens: 0 };
      return { ...callsReply([`c${turn}`, "look", { x: turn }]), billed, usage };
    });
    const { journal } = await perform([submitted], { model, tools });
    const { usage, stopReason } = stateOf(journal);
    expect(stopReason).toBe("max_tokens");
    expect(usage.input_tokens + usage.output_tokens).toBeLessThanOrEqual(6000);
  });

  it("warns once when a limit is near", async () => {
    const { tools, submitted } = limited({ max_turns: 5 });
    const { journal } = await perform([submitted], { model: endless(), tools });
    expect(journal.filter(({ type }) => type === "limit.warned")).toHaveLength(1);
  });
});

describe("failures of the model", () => {
  const apiError = (status: number, headers: Record<string, string> = {}) =>
    Anthropic.APIError.generate(status, { error: { type: "x", message: "no" } }, "no", new Headers(headers));

  it("waits for a retry without holding the slot, at least as long as it was asked to", async () => {
    const { tools } = countingTools();
    const model = scriptedModel(() => {
      throw apiError(429, { "retry-after": "7" });
    });
    const { outcome, journal } = await perform([submittedEvent(tools)], { model, tools });
    expect(outcome).toBe("waiting");
    const waiting = journal.at(-1);
    expect(waiting).toMatchObject({ type: "task.waiting", data: { for: "retry" } });
    if (waiting?.type === "task.waiting") expect(waiting.data.after_ms).toBeGreaterThanOrEqual(7000);
    expect(stateOf(journal)).toMatchObject({ modelCostNanoUsd: 0, failedTries: 1 });
  });

  it("charges a call that may have been billed at its worst case, as unconfirmed", async () => {
    const { tools } = countingTools();
    const model = scriptedModel(() => {
      throw apiError(500);
    });
    const { journal, holds } = await perform([submittedEvent(tools)], { model, tools });
    expect(stateOf(journal)).toMatchObject({ modelCostNanoUsd: holds[0], unconfirmedNanoUsd: holds[0] });
  });

  it("fails at once where another try would end the same way", async () => {
    const { tools } = countingTools();
    const model = scriptedModel(() => {
      throw apiError(401);
    });
    const { outcome, journal } = await perform([submittedEvent(tools)], { model, tools });
    expect(outcome).toBe("ended");
    expect(stateOf(journal)).toMatchObject({ status: "failed", stopReason: "permanent_error" });
    expect(stateOf(journal).error?.code).toBe("model_rejected");
  });

  it("gives up after max_attempts tries without a step, crashes counted", async () => {
    const { tools } = countingTools();
    const model = scriptedModel(() => {
      throw apiError(529);
    });
    let journal: Event[] = [submittedEvent(tools)];
    const resumed = (): Event => ({
      seq: journal.length + 1,
      at: NOW_MS,
      attempt: 1,
      type: "task.resumed",
      data: { because: "retry" },
    });
    const first = await perform(journal, { model, tools });
    journal = [...first.journal, { ...resumed(), seq: first.journal.length + 1 }];
    const second = await perform(journal, { model, tools });
    journal = [...second.journal, { ...resumed(), seq: second.journal.length + 1 }];
    const third = await perform(journal, { model, tools });
    expect([first.outcome, second.outcome, third.outcome]).toEqual(["waiting", "waiting", "ended"]);
    expect(stateOf(third.journal)).toMatchObject({ status: "failed", stopReason: "retries_exhausted" });
    expect(model.asked).toHaveLength(3);
  });
});

describe("interruptions", () => {
  it("hands the task back on shutdown and charges the call in flight", async () => {
    const { tools } = countingTools();
    const abort = new AbortController();
    const model = scriptedModel(() => {
      abort.abort(new Interruption("shutdown"));
      throw new Error("aborted");
    });
    const { outcome, journal, holds } = await perform([submittedEvent(tools)], {
      model,
      tools,
      signal: abort.signal,
    });
    expect(outcome).toBe("handed_back");
    expect(journal.at(-1)?.type).toBe("task.handed_back");
    expect(stateOf(journal)).toMatchObject({ attempts: 0, failedTries: 0, unconfirmedNanoUsd: holds[0] });
  });

  it("lets a write finish within its grace, and records it before it hands back", async () => {
    const abort = new AbortController();
    const { tools, runs } = countingTools();
    const slow = tools.map((tool) =>
      tool.name !== "send"
        ? tool
        : {
            ...tool,
            async run(input: Record<string, unknown>, ctx: Parameters<typeof tool.run>[1]) {
              abort.abort(new Interruption("shutdown"));
              await new Promise((resolve) => setImmediate(resolve));
              return tool.run(input, ctx);
            },
          },
    );
    const model = scriptedModel((_, turn) =>
      turn === 0 ? callsReply(["c1", "send", { x: 1 }], ["c2", "look", { x: 2 }]) : reply(),
    );
    const { outcome, journal } = await perform([submittedEvent(tools)], {
      model,
      tools: slow,
      signal: abort.signal,
    });
    expect(outcome).toBe("handed_back");
    expect(runs.filter((run) => run.startsWith("send"))).toHaveLength(1);
    expect(types(journal)).toContain("tool.completed");
    expect(types(journal).at(-1)).toBe("task.handed_back");
  });

  it("stops at the deadline with what there is", async () => {
    const { tools } = countingTools();
    const abort = new AbortController();
    const model = scriptedModel((_, turn) => {
      if (turn === 0)
        return {
          ...callsReply(["c1", "look", { x: 1 }]),
          content: [{ type: "text", text: "so far" }, ...callsReply(["c1", "look", { x: 1 }]).content],
        };
      abort.abort(new Interruption("deadline"));
      throw new Error("aborted");
    });
    const { outcome, journal } = await perform([submittedEvent(tools)], {
      model,
      tools,
      signal: abort.signal,
    });
    expect(outcome).toBe("ended");
    expect(stateOf(journal)).toMatchObject({ status: "stopped", stopReason: "deadline", text: "so far" });
  });

  it("hands the task back when its lease is lost, and charges nothing for what was never sent", async () => {
    const { tools } = countingTools();
    const abort = new AbortController();
    const model = scriptedModel(() => reply());
    const stillOurs = () => {
      abort.abort(new Interruption("lease_lost"));
      return false;
    };
    const { outcome, journal } = await perform([submittedEvent(tools)], {
      model,
      tools,
      signal: abort.signal,
      stillOurs,
    });
    expect(outcome).toBe("handed_back");
    expect(model.asked).toEqual([]);
    expect(journal.at(-1)).toMatchObject({ type: "task.handed_back", data: { because: "lease_lost" } });
    expect(stateOf(journal)).toMatchObject({ modelCostNanoUsd: 0, failedTries: 0, attempts: 0 });
  });

  it("lets an end that is there win over a deadline that comes with it", async () => {
    const { tools } = countingTools();
    const abort = new AbortController();
    const model = scriptedModel(() => {
      abort.abort(new Interruption("deadline"));
      return reply();
    });
    const { journal } = await perform([submittedEvent(tools)], { model, tools, signal: abort.signal });
    expect(stateOf(journal)).toMatchObject({ status: "completed", text: "done" });
  });

  it("says nothing more once the task is lost", async () => {
    const { tools } = countingTools();
    const abort = new AbortController();
    const model = scriptedModel(() => {
      abort.abort(new Interruption("lost"));
      throw new Error("aborted");
    });
    const { outcome, journal } = await perform([submittedEvent(tools)], {
      model,
      tools,
      signal: abort.signal,
    });
    expect(outcome).toBe("lost");
    expect(journal.at(-1)?.type).toBe("model.requested");
  });
});

it("resumes a stopped task where it ended, with the model told to go on", async () => {
  const { tools } = countingTools();
  const submitted = submittedEvent(tools);
  if (submitted.type !== "task.submitted") throw new Error("unreachable");
  submitted.data.limits = { ...submitted.data.limits, max_turns: 1 };
  const model = story();
  const stopped = await perform([submitted], { model, tools });
  expect(stateOf(stopped.journal)).toMatchObject({ status: "stopped", stopReason: "max_turns" });
  const resumed: Event = {
    seq: stopped.journal.length + 1,
    at: NOW_MS,
    attempt: 1,
    type: "task.resumed",
    data: { because: "request", budget: { max_turns: 10 } },
  };
  const { journal } = await perform([...stopped.journal, resumed], { model, tools });
  expect(stateOf(journal)).toMatchObject({
    status: "completed",
    text: "five calls made",
    turns: 4,
    model: MODEL,
  });
});

describe("a task whose workers die", () => {
  const crash = (journal: readonly Event[]): Event[] => [
    ...journal,
    {
      seq: journal.length + 1,
      at: NOW_MS,
      attempt: 1,
      type: "task.started",
      data: { worker: "w", leg: 1, model_provider: "test" },
    },
  ];

  it("is performed alone after two crashes without a step, and condemned after two more there", async () => {
    const { tools } = countingTools();
    const model = story();
    const twice = crash(crash([submittedEvent(tools, { max_attempts: 9 })]));
    const suspected = await perform(twice, { model, tools });
    expect(suspected.outcome).toBe("handed_back");
    expect(suspected.journal.at(-1)).toMatchObject({
      type: "task.handed_back",
      data: { because: "suspect" },
    });
    const once = await perform(crash(suspected.journal), { model, tools });
    expect(stateOf(once.journal).status).toBe("completed");
    const condemned = await perform(crash(crash(suspected.journal)), { model: story(), tools });
    expect(stateOf(condemned.journal)).toMatchObject({ status: "failed", stopReason: "poisoned" });
    expect(stateOf(condemned.journal).error?.message).toContain("2 times with no other task beside it");
  });

  it("is no suspect where the worker says that it lives", async () => {
    const { tools } = countingTools();
    const started = crash(crash([submittedEvent(tools)]));
    const alive: Event = {
      seq: started.length + 1,
      at: NOW_MS,
      attempt: 1,
      type: "lease.lost",
      data: { worker: "w", start_seq: 2 },
    };
    const { outcome, journal } = await perform([...started, alive], { model: story(), tools });
    expect(outcome).toBe("ended");
    expect(stateOf(journal).status).toBe("completed");
  });
});

it("shows the model a long answer with a mark where it was cut, and keeps it whole", async () => {
  const { tools } = countingTools();
  const long = "x".repeat(100_000);
  const wordy = tools.map((tool) => ({ ...tool, run: () => long }));
  const model = scriptedModel((_, turn) => (turn === 0 ? callsReply(["c1", "look", { x: 1 }]) : reply()));
  const { journal } = await perform([submittedEvent(tools)], { model, tools: wordy });
  const shown = String(model.asked[1]?.messages.at(-1)?.content[0]?.content);
  expect(shown.length).toBeLessThan(33_000);
  expect(shown).toContain("68000 characters are cut here");
  expect(journal.find((event) => event.type === "tool.completed")).toMatchObject({ data: { content: long } });
});

it("waits for a replica before a write, and only then", async () => {
  const { tools, runs } = countingTools();
  const order: string[] = [];
  const model = story();
  await perform([submittedEvent(tools)], {
    model,
    tools,
    replicated: async () => void order.push(`after ${runs.length} runs`),
  });
  expect(order).toEqual(["after 3 runs"]);
});
