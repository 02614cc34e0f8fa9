import { type Event, foldTask } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { limitMessages } from "./plan-turn.ts";
import {
  callsReply,
  countingTools,
  perform,
  reply,
  scriptedModel,
  submittedEvent,
} from "./task-run.fixture.ts";

const stateOf = (journal: readonly Event[]) => foldTask(journal);

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
