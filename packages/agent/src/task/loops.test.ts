import type { Event, EventData } from "@pawl/protocol";
import { foldTask } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool, type JsonValue, type Tool } from "../define-tool.ts";
import {
  callsReply,
  NOW_MS,
  perform,
  reply,
  scriptedModel,
  submittedEvent,
  types,
} from "./task-run.fixture.ts";

/** Counts its runs; what it answers is for the test to say. */
function tool(
  answer: (run: number) => JsonValue,
  over: Partial<Tool> = {},
): { tools: Tool[]; runs: () => number } {
  let runs = 0;
  const look = defineTool({
    name: "look",
    description: "Looks.",
    input: z.strictObject({ x: z.number() }),
    effect: "read",
    run: () => answer(runs++),
    ...over,
  });
  return { tools: [look], runs: () => runs };
}

const always = (x: number) =>
  scriptedModel((request, turn) => (request.mayUseTools ? callsReply([`c${turn}`, "look", { x }]) : reply()));

function warnings(journal: readonly Event[]): EventData<"loop.warned">[] {
  return journal.flatMap((event) => (event.type === "loop.warned" ? [event.data] : []));
}

describe("a task that runs in circles", () => {
  it("is warned, answered from memory, and ended with what it has, one rung a turn", async () => {
    const { tools, runs } = tool(() => "three apples");
    const model = always(1);
    const { journal, outcome } = await perform([submittedEvent(tools)], { model, tools });
    expect(outcome).toBe("ended");
    expect(warnings(journal).map(({ verdict, rule }) => [verdict, rule])).toEqual([
      ["warn", "same_result"],
      ["block", "same_result"],
      ["stop", "same_result"],
    ]);
    // The fourth was answered from memory, the fifth turn had no tools.
    expect(runs()).toBe(3);
    const state = foldTask(journal);
    expect(state).toMatchObject({ status: "stopped", stopReason: "loop_detected", turns: 5, text: "done" });
    expect(state.degraded?.reason).toBe("loop_detected");
    expect(types(journal)).not.toContain("limit.reached");
  });

  it("tells the model what is wrong, behind the answers of its calls", async () => {
    const { tools } = tool(() => "three apples");
    const model = always(1);
    await perform([submittedEvent(tools)], { model, tools });
    const [result, note] = model.asked[2]?.messages.at(-1)?.content ?? [];
    expect(result?.type).toBe("tool_result");
    expect(note?.text).toContain("look was called again with the same arguments");
    expect(model.asked[4]?.mayUseTools).toBe(false);
    const blocked = model.asked[4]?.messages.at(-1)?.content[0];
    expect(blocked?.content).toContain("Not run again");
    expect(blocked?.content).toContain("three apples");
  });

  it("gives a blocked call its earlier error again, as an error", async () => {
    const { tools, runs } = tool(() => {
      throw new TypeError("no such table");
    });
    const { journal } = await perform([submittedEvent(tools)], { model: always(1), tools });
    expect(runs()).toBe(3);
    const blocked = journal.flatMap(({ type, data }) =>
      type === "tool.failed" && data.blocked ? [data] : [],
    );
    expect(blocked).toHaveLength(1);
    expect(blocked[0]).toMatchObject({ blocked: { answered_in_turn: 3 } });
  });

  it("comes to the same end wherever it is taken up again", async () => {
    const { tools } = tool(() => "three apples");
    const whole = (await perform([submittedEvent(tools)], { model: always(1), tools })).journal;
    const end = foldTask(whole);
    for (let cut = 1; cut < whole.length; cut += 1) {
      const { journal } = await perform(whole.slice(0, cut), { model: always(1), tools });
      const state = foldTask(journal);
      expect([state.stopReason, state.turns], `cut after ${cut}`).toEqual([end.stopReason, end.turns]);
    }
  });

  it("may go on when a person resumes it, with counts that start anew", async () => {
    const { tools, runs } = tool(() => "three apples");
    const first = await perform([submittedEvent(tools)], { model: always(1), tools });
    const resumed: Event = {
      seq: first.journal.length + 1,
      at: NOW_MS,
      attempt: 1,
      type: "task.resumed",
      data: { because: "request" },
    };
    const before = runs();
    const again = await perform([...first.journal, resumed], { model: always(1), tools });
    expect(runs() - before).toBeGreaterThanOrEqual(2);
    expect(foldTask(again.journal).stopReason).toBe("loop_detected");
  });

  it("is nobody's business where its agent says so", async () => {
    const { tools, runs } = tool(() => "three apples");
    const submitted = submittedEvent(tools);
    if (submitted.type === "task.submitted") {
      submitted.data.definition.loops = false;
      submitted.data.limits.max_turns = 9;
    }
    const { journal } = await perform([submitted], { model: always(1), tools });
    expect(runs()).toBe(9);
    expect(foldTask(journal).stopReason).toBe("max_turns");
  });

  it("is judged by the ladder that its agent sets", async () => {
    const { tools, runs } = tool(() => "three apples");
    const submitted = submittedEvent(tools);
    if (submitted.type === "task.submitted") submitted.data.definition.loops = { same_result: { stop: 1 } };
    const { journal } = await perform([submitted], { model: always(1), tools });
    expect(runs()).toBe(2);
    expect(warnings(journal).map(({ verdict }) => verdict)).toEqual(["stop"]);
  });
});

describe("a tool that is there to be polled", () => {
  const poll = { intervalMs: 5_000, maxDurationMs: 60_000 };

  it("is not asked again before its interval is over: the task waits, and the call stays open", async () => {
    const { tools, runs } = tool(() => "pending", { poll });
    const { journal, outcome } = await perform([pollingTask(tools)], { model: always(1), tools });
    expect(outcome).toBe("waiting");
    expect(runs()).toBe(1);
    expect(journal.at(-1)).toMatchObject({ type: "task.waiting", data: { for: "timer", after_ms: 5_000 } });
  });

  it("runs once its time has come, and is never taken for a loop before its longest duration", async () => {
    const { tools, runs } = tool((run) => (run < 8 ? "pending" : "ready"), { poll });
    let journal: Event[] = [pollingTask(tools)];
    let nowMs = journal[0]?.at ?? 0;
    const model = scriptedModel((_, turn) =>
      turn < 9 ? callsReply([`c${turn}`, "look", { x: 1 }]) : reply(),
    );
    for (let legs = 0; foldTask(journal).status !== "completed" && legs < 12; legs += 1) {
      const stay = await perform(journal, { model, tools, nowMs: () => nowMs });
      journal = stay.journal;
      nowMs += 5_000;
    }
    expect(foldTask(journal).status).toBe("completed");
    expect(runs()).toBe(9);
    expect(warnings(journal)).toEqual([]);
  });

  function pollingTask(tools: Tool[]): Event {
    const submitted = submittedEvent(tools);
    if (submitted.type === "task.submitted") {
      submitted.data.limits.max_turns = 20;
      submitted.data.definition.loops = {
        tools: { look: { poll: { interval_ms: poll.intervalMs, max_duration_ms: poll.maxDurationMs } } },
      };
    }
    return submitted;
  }
});
