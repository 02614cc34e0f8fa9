import { describe, expect, it } from "vitest";
import { submission } from "../../../test/support/submission.ts";
import type { Event, EventData, NewEvent } from "./event.ts";
import { applyEvent, foldTask } from "./fold.ts";
import { spentNanoUsd, tokensUsed } from "./fold-costs.ts";
import { eventView, Task, taskView } from "./task.ts";

const T0 = 1_700_000_000_000;
const limits = {
  max_cost_nano_usd: 1_000_000,
  max_tokens: 1000,
  max_turns: 5,
  max_tool_calls: 5,
  timeout_ms: 60_000,
};

const submitted = (over: Partial<EventData<"task.submitted">> = {}): NewEvent => ({
  type: "task.submitted",
  data: submission({
    input: { text: "hello", documents: [{ name: "a.txt", text: "secret text" }] },
    limits,
    model: "m",
    ...over,
  }),
});
const started: NewEvent = { type: "task.started", data: { worker: "w", leg: 1, model_provider: "test" } };
const requestedData = (call: string, held = 100): EventData<"model.requested"> => ({
  call,
  model: "m",
  max_tokens: 50,
  input_tokens_bound: 200,
  held_nano_usd: held,
});
const requested = (call: string, held = 100): NewEvent => ({
  type: "model.requested",
  data: requestedData(call, held),
});
const responded = (call: string, cost = 40): NewEvent => ({
  type: "model.responded",
  data: {
    call,
    model: "m",
    message_id: "msg",
    content: [{ type: "text", text: "answer" }],
    stop_reason: "end_turn",
    usage: { input_tokens: 10, output_tokens: 5, cache_read_tokens: 3, cache_write_tokens: 2 },
    cost_nano_usd: cost,
    duration_ms: 7,
  },
});
const failed = (call: string, unconfirmed: boolean, cost: number): NewEvent => ({
  type: "model.failed",
  data: {
    call,
    error: { code: "model_unavailable", message: "no" },
    status: 500,
    retryable: true,
    cost_nano_usd: cost,
    unconfirmed,
  },
});

/** Events a second apart. */
function journal(...events: NewEvent[]): Event[] {
  return events.map((event, i) => ({ ...event, seq: i + 1, at: T0 + i * 1000, attempt: 1 }));
}

describe("money and tokens", () => {
  it("counts what a reply cost and closes its hold", () => {
    const state = foldTask(journal(submitted(), started, requested("m1"), responded("m1")));
    expect(spentNanoUsd(state)).toBe(40);
    expect(state.openHolds.size).toBe(0);
    expect(tokensUsed(state)).toBe(20);
  });

  const endings: [string, NewEvent][] = [
    ["another claim", started],
    ["a hand-back", { type: "task.handed_back", data: { because: "shutdown" } }],
    ["parking", { type: "task.waiting", data: { for: "retry", after_ms: 5 } }],
    ["a cancel", { type: "task.cancelled", data: { stop_reason: "cancelled" } }],
    ["a deadline", { type: "task.stopped", data: { stop_reason: "deadline", message: "late" } }],
  ];
  it.each(endings)("charges an open hold at its worst case on %s", (_, ending) => {
    const state = foldTask(journal(submitted(), started, requested("m1"), ending));
    expect(state).toMatchObject({ modelCostNanoUsd: 100, unconfirmedNanoUsd: 100, unconfirmedTokens: 250 });
    expect(state.openHolds.size).toBe(0);
  });

  it("lowers a worst case once, by the call's name", () => {
    const report: NewEvent = {
      type: "usage.confirmed",
      data: {
        call: "m1",
        usage: { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 },
        cost_nano_usd: 30,
      },
    };
    const state = foldTask(journal(submitted(), started, requested("m1"), started, report, report));
    expect(state).toMatchObject({ modelCostNanoUsd: 30, unconfirmedNanoUsd: 0, unconfirmedTokens: 0 });
  });

  it("tells a failed call that is known to be free from one that may have been billed", () => {
    const free = foldTask(journal(submitted(), started, requested("m1"), failed("m1", false, 0)));
    expect(free).toMatchObject({ modelCostNanoUsd: 0, unconfirmedNanoUsd: 0, failedTries: 1 });
    const unknown = foldTask(journal(submitted(), started, requested("m1"), failed("m1", true, 100)));
    expect(unknown).toMatchObject({ modelCostNanoUsd: 100, unconfirmedNanoUsd: 100 });
  });
});

describe("attempts", () => {
  it("counts a crash as a failed try, a hand-back as none, and forgets both after a step", () => {
    const crashed = foldTask(journal(submitted(), started, started));
    expect(crashed).toMatchObject({ attempts: 2, failedTries: 1 });
    const handedBack: NewEvent = { type: "task.handed_back", data: { because: "shutdown" } };
    const back = foldTask(journal(submitted(), started, handedBack, started));
    expect(back).toMatchObject({ attempts: 1, failedTries: 0, leg: 2 });
    const recovered = foldTask(journal(submitted(), started, started, requested("m1"), responded("m1")));
    expect(recovered.failedTries).toBe(0);
  });
});

describe("the deadline", () => {
  it("runs while a retry is waited for", () => {
    const state = foldTask(
      journal(submitted(), started, { type: "task.waiting", data: { for: "retry", after_ms: 500 } }),
    );
    expect(state).toMatchObject({ deadlineAtMs: T0 + 60_000, wakeAtMs: T0 + 2500 });
  });

  it("stands still while people are waited for, and goes on with what was left", () => {
    const events = journal(
      submitted(),
      started,
      { type: "task.waiting", data: { for: "reply" } },
      { type: "task.resumed", data: { because: "request" } },
    );
    expect(foldTask(events.slice(0, 3))).toMatchObject({ deadlineAtMs: null, leftMs: 58_000 });
    expect(foldTask(events)).toMatchObject({ deadlineAtMs: T0 + 3000 + 58_000 });
  });

  it("does not run before a delayed task may start", () => {
    const events = journal(submitted({ delay_ms: 5000 }), {
      type: "task.resumed",
      data: { because: "timer" },
    });
    expect(foldTask(events.slice(0, 1))).toMatchObject({ status: "waiting", waitingFor: "timer", leg: 0 });
    expect(foldTask(events)).toMatchObject({ status: "queued", leg: 1, deadlineAtMs: T0 + 1000 + 60_000 });
  });

  it("starts anew with a resume, as do the tries, and takes the raised limits", () => {
    const events = journal(
      submitted(),
      started,
      { type: "task.stopped", data: { stop_reason: "max_turns", message: "enough" } },
      { type: "task.resumed", data: { because: "request", budget: { max_turns: 9 } } },
    );
    expect(foldTask(events.slice(0, 3))).toMatchObject({ status: "stopped", deadlineAtMs: null });
    const state = foldTask(events);
    expect(state).toMatchObject({ status: "queued", stopReason: null, degraded: null, finishedAtMs: null });
    expect(state.limits).toEqual({ ...limits, max_turns: 9 });
    expect(state.deadlineAtMs).toBe(T0 + 3000 + 60_000);
  });
});

describe("what the wire shows", () => {
  it("is a task of the contract's shape, money in dollars", () => {
    const events = journal(submitted(), started, requested("m1"), responded("m1", 40_000), {
      type: "task.completed",
      data: { stop_reason: "end_turn" },
    });
    const view = Task.parse(taskView("task_1", foldTask(events)));
    expect(view).toMatchObject({
      id: "task_1",
      job_id: "task_1",
      status: "completed",
      stop_reason: "end_turn",
      result: { text: "answer", data: null, artifacts: [] },
      cost: { usd: 0.00004, by_kind: { model: 0.00004, embedding: 0, tool: 0 }, unconfirmed_usd: 0 },
      budget: { max_cost_usd: 0.001, max_turns: 5 },
      attempts: 1,
      steps: 1,
    });
  });

  it("keeps the operator's prompt and the documents' texts inside", () => {
    const [event] = journal(submitted());
    if (event === undefined) throw new Error("unreachable");
    const shown = JSON.stringify(eventView(event));
    expect(shown).not.toContain("operator's prompt");
    expect(shown).not.toContain("secret text");
    expect(shown).toContain("a.txt");
    expect(eventView({ ...requested("m1", 1500), seq: 2, at: T0, attempt: 1 }).data).toMatchObject({
      held_usd: 0.0000015,
    });
  });

  it("does not show a summary, which the model wrote for itself, where there is an answer", () => {
    const summing: NewEvent = {
      type: "model.requested",
      data: { ...requestedData("m2"), purpose: "summary" },
    };
    const reply = responded("m2");
    if (reply.type !== "model.responded") throw new Error("unreachable");
    const summary: NewEvent = {
      type: "model.responded",
      data: { ...reply.data, content: [{ type: "text", text: "a summary" }] },
    };
    const replaced: NewEvent = {
      type: "context.summarised",
      data: { call: "m2", text: "a summary", messages: 2, tokens_freed: 10 },
    };
    const after = foldTask(
      journal(submitted(), started, requested("m1"), responded("m1"), summing, summary, replaced),
    );
    expect(after).toMatchObject({
      text: "answer",
      turns: 2,
      usage: { model_calls: 2 },
      modelCostNanoUsd: 80,
    });
    expect(foldTask(journal(submitted(), started, summing, summary)).text).toBe("a summary");
  });

  it("charges a judgement to the task, and takes it for no turn and no word of the task's own", () => {
    const judging = { ...requestedData("m2"), model: "cheap", purpose: "second_opinion" as const };
    const called: NewEvent = {
      type: "tool.started",
      data: { call: "c1", tool: "look", effect: "read" },
    };
    const done: NewEvent = {
      type: "tool.completed",
      data: { call: "c1", tool: "look", content: "x", duration_ms: 1 },
    };
    const before = [submitted(), started, requested("m1"), responded("m1"), called];
    const asked: NewEvent = { type: "model.requested", data: judging };
    const after = foldTask(journal(...before, asked, responded("m2", 7), done));
    expect(after).toMatchObject({
      text: "answer",
      turns: 1,
      model: "m",
      modelCostNanoUsd: 47,
      usage: { model_calls: 2, tool_calls: 1, input_tokens: 20 },
    });
    const broken = foldTask(journal(...before, asked, failed("m2", true, 100)));
    expect(broken).toMatchObject({ failedTries: 0, lastFailure: null, modelCostNanoUsd: 140 });
  });

  it("knows which texts are before others, and what was said of them", () => {
    const referred: NewEvent = {
      type: "guardrail.referred",
      data: { subject: "task", direction: "input", asks: ["second_opinion", "content"] },
    };
    const judged = (by: "second_opinion" | "content"): NewEvent => ({
      type: "guardrail.judged",
      data: { subject: "task", by, ...(by === "content" ? {} : { answer: "attack" }) },
    });
    const open = foldTask(journal(submitted(), started, referred, judged("second_opinion")));
    expect(open.inputGuarded).toBe(true);
    expect(open.referrals.get("task")).toMatchObject({
      asks: ["content"],
      asked: ["second_opinion", "content"],
      opinion: "attack",
    });
    const closed = foldTask(
      journal(submitted(), started, referred, judged("second_opinion"), judged("content"), judged("content")),
    );
    expect(closed.referrals.size).toBe(0);
  });

  it("forgets an answer's judges once it is blocked, or the task is taken up again", () => {
    const referred: NewEvent = {
      type: "guardrail.referred",
      data: { subject: "m1", direction: "output", asks: ["content", "tone"] },
    };
    const finding = { guard: "content", category: "violence", score: 1 } as const;
    const blocked: NewEvent = {
      type: "guardrail.flagged",
      data: { direction: "output", action: "block", findings: [finding], text: "withheld", repair: "again" },
    };
    const told = [submitted(), started, requested("m1"), responded("m1"), referred];
    expect(foldTask(journal(...told)).referrals.size).toBe(1);
    expect(foldTask(journal(...told, blocked))).toMatchObject({ referrals: new Map(), text: "withheld" });
    const cancelled: NewEvent = { type: "task.cancelled", data: { stop_reason: "cancelled" } };
    const resumed: NewEvent = { type: "task.resumed", data: { because: "request" } };
    expect(foldTask(journal(...told, cancelled, resumed)).referrals.size).toBe(0);
  });

  it("knows that what came with the task was looked at, a document alone included", () => {
    const finding = { guard: "injection", category: "indirect", score: 0.9 } as const;
    const flag = (over: Partial<EventData<"guardrail.flagged">>): NewEvent => ({
      type: "guardrail.flagged",
      data: { direction: "tool", action: "flag", findings: [finding], ...over },
    });
    const guarded = (event: NewEvent) => foldTask(journal(submitted(), started, event));
    expect(guarded(flag({ document: "a.txt" }))).toMatchObject({
      inputGuarded: true,
      tainted: true,
      refused: null,
    });
    expect(guarded(flag({ call: "c1", tool: "look" }))).toMatchObject({ inputGuarded: false, tainted: true });
    expect(guarded(flag({ direction: "input", action: "block" }))).toMatchObject({
      inputGuarded: true,
      tainted: false,
      refused: finding,
    });
  });

  it("refuses a journal that does not begin at its beginning", () => {
    expect(() => foldTask([])).toThrow(RangeError);
    expect(() => foldTask(journal(started))).toThrow(RangeError);
    const state = foldTask(journal(submitted()));
    expect(() => applyEvent(state, { ...submitted(), seq: 2, at: T0, attempt: 0 })).toThrow(RangeError);
  });
});
