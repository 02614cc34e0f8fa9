import { type Event, foldTask } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { Interruption } from "./interruption.ts";
import {
  callsReply,
  countingTools,
  perform,
  reply,
  scriptedModel,
  submittedEvent,
  types,
} from "./task-run.fixture.ts";

const stateOf = (journal: readonly Event[]) => foldTask(journal);

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
