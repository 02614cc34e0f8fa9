import Anthropic from "@anthropic-ai/sdk";
import { type Event, foldTask } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { countingTools, NOW_MS, perform, scriptedModel, story, submittedEvent } from "./task-run.fixture.ts";

const stateOf = (journal: readonly Event[]) => foldTask(journal);

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
