import { type Event, foldTask } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../define-tool.ts";
import {
  callsReply,
  countingTools,
  MODEL,
  NOW_MS,
  perform,
  reply,
  scriptedModel,
  story,
  submittedEvent,
  types,
} from "./task-run.fixture.ts";

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

  it.each(["look", "nothing"])("runs a call once though the reply has its id twice (%s)", async (tool) => {
    const { tools, runs } = countingTools();
    const model = scriptedModel((_, turn) =>
      turn === 0 ? callsReply(["a", tool, { x: 1 }], ["a", tool, { x: 2 }]) : reply(),
    );
    const { journal } = await perform([submittedEvent(tools)], { model, tools });
    expect(stateOf(journal).status).toBe("completed");
    expect(runs).toHaveLength(tool === "look" ? 1 : 0);
    expect(model.asked[1]?.messages.at(-1)?.content).toHaveLength(1);
  });

  it("is not held up by an answer that begins like the mark of a cleared one", async () => {
    const answer = `[Removed to make room: ${"x".repeat(30_000)}`;
    const tools = [
      defineTool({
        name: "look",
        description: "x",
        input: z.strictObject({ x: z.number() }),
        effect: "read",
        run: () => answer,
      }),
    ];
    const model = scriptedModel((_, turn) => {
      const usage = { input_tokens: 9_000 * (turn + 1), output_tokens: 20 };
      const measured = { billed: usage, usage: { ...usage, cache_read_tokens: 0, cache_write_tokens: 0 } };
      return { ...(turn < 9 ? callsReply([`c${turn}`, "look", { x: turn }]) : reply()), ...measured };
    });
    const submitted = submittedEvent(tools);
    if (submitted.type === "task.submitted")
      submitted.data.limits = { ...submitted.data.limits, max_cost_nano_usd: 1e13, max_tokens: 1e9 };
    // Its turns are counted by what it is shown: once that is cleared it asks for the same again.
    if (submitted.type === "task.submitted") submitted.data.definition.loops = false;
    const { journal } = await perform([submitted], { model, tools, contextWindowOf: () => 100_000 });
    expect(stateOf(journal).status).toBe("completed");
    expect(types(journal)).toContain("context.cleared");
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

it("waits for a replica before what changes something, and only then", async () => {
  const { tools, runs } = countingTools();
  const order: string[] = [];
  const model = story();
  await perform([submittedEvent(tools)], {
    model,
    tools,
    replicated: async () => {
      order.push(`after ${runs.length} runs`);
      return true;
    },
  });
  expect(order).toEqual(["after 0 runs", "after 3 runs"]);
});
