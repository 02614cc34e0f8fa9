/** The checks see what they are there to see: a good story passes, and each way of spoiling it is told. */
import type { Event, EventData, NewEvent } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { submission } from "../support/submission.ts";
import type { Act } from "./acts.ts";
import { checkTask, type TaskEvidence } from "./check-task.ts";
import type { Exchange } from "./ledger.ts";

const task = "task_1";
const AT = 1_700_000_000_000;

function journal(...events: NewEvent[]): Event[] {
  return events.map((event, i) => ({ seq: i + 1, at: AT + i, attempt: 1, ...event }));
}

const asked = (call: string): NewEvent => ({
  type: "model.requested",
  data: { call, model: "m", max_tokens: 10, input_tokens_bound: 10, held_nano_usd: 500 },
});

const answered = (
  call: string,
  hash: string,
  content: EventData<"model.responded">["content"],
): NewEvent => ({
  type: "model.responded",
  data: {
    call,
    model: "m",
    message_id: `msg_sim_1_${hash}`,
    content,
    stop_reason: "end_turn",
    usage: { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 },
    cost_nano_usd: 100,
    duration_ms: 1,
  },
});

const exchange = (request_hash: string, over: Partial<Exchange> = {}): Exchange => ({
  path: "/v1/messages",
  at: "",
  request_hash,
  prompt_head: "w1. Do",
  outcome: "completed",
  status: 200,
  billed_nano_usd: 100,
  ...over,
});

const send: EventData<"model.responded">["content"] = [
  { type: "tool_use", id: "t1", name: "send", input: {} },
];
const act: Act = { tool: "send", n: 1, task, key: `${task}.m1.t1`, atMs: AT, pid: 1 };
const events = journal(
  { type: "task.submitted", data: submission() },
  { type: "task.started", data: { worker: "w", leg: 1, model_provider: "simulator" } },
  asked("m1"),
  answered("m1", "aaaa", send),
  { type: "tool.started", data: { call: "t1", tool: "send", effect: "write" } },
  { type: "tool.completed", data: { call: "t1", tool: "send", content: "{}", duration_ms: 1 } },
  asked("m2"),
  answered("m2", "bbbb", [{ type: "text", text: "done" }]),
  { type: "task.completed", data: { stop_reason: "end_turn" } },
);
const told = { id: "dlv_1", task, type: "task.completed", status: "completed", body: "{}" };
const good: TaskEvidence = {
  task,
  events,
  acts: [act],
  exchanges: [exchange("aaaa1"), exchange("bbbb2")],
  webhooks: [told, told],
  wantsWebhook: true,
  cancelled: false,
  followed: { task, seen: events.map(({ seq, type }) => ({ seq, type })) },
};
const broken = (over: Partial<TaskEvidence>) => checkTask({ ...good, ...over }).map(({ promise }) => promise);

/** The journal with some events left out, or others in their place. */
const spoiled = (change: (event: Event) => NewEvent[]) => journal(...events.flatMap(change));

describe("the checks of one task", () => {
  it("have nothing to say of a good story", () => {
    expect(checkTask(good)).toEqual([]);
  });

  it("see a task that is missing, or has not ended", () => {
    expect(broken({ events: [] })).toContain("terminal");
    expect(broken({ events: events.slice(0, -1) })).toContain("terminal");
    expect(broken({ cancelled: true })).toContain("terminal");
  });

  it("see a write that acted twice, and one that the journal does not know", () => {
    expect(broken({ acts: [act, act] })).toContain("writes");
    expect(broken({ acts: [act, { ...act, key: `${task}.m1.t9` }] })).toContain("writes");
  });

  it("see a reply that was bought twice, but not one whose first request died", () => {
    const thrice = [...good.exchanges, exchange("bbbb2", { outcome: "aborted", billed_nano_usd: 40 })];
    expect(broken({ exchanges: thrice })).toContain("replies");
    const died = spoiled((event) =>
      event.type === "model.requested" && event.data.call === "m2" ? [asked("lost"), event] : [event],
    );
    const restarted = spoiled((event) =>
      event.type === "model.requested" && event.data.call === "m2"
        ? [asked("lost"), { type: "task.started", data: { worker: "x", leg: 1, model_provider: "s" } }, event]
        : [event],
    );
    expect(broken({ events: died, exchanges: thrice, followed: undefined })).not.toContain("replies");
    expect(broken({ events: restarted, exchanges: thrice, followed: undefined })).toEqual([]);
  });

  it("see a cost that nobody billed, and a bill that nobody paid", () => {
    expect(broken({ exchanges: [exchange("aaaa1"), exchange("bbbb2", { billed_nano_usd: 90 })] })).toEqual([
      "replies",
      "money",
    ]);
    const more = [exchange("aaaa1"), exchange("bbbb2"), exchange("cccc3", { billed_nano_usd: 1 })];
    expect(broken({ exchanges: more })).toEqual(["replies", "money"]);
  });

  it("see a webhook that is missing, unasked for, or not the same on every try", () => {
    expect(broken({ webhooks: [] })).toEqual(["webhooks"]);
    expect(broken({ wantsWebhook: false })).toEqual(["webhooks"]);
    expect(broken({ webhooks: [told, { ...told, body: "{ }" }] })).toEqual(["webhooks"]);
    expect(broken({ webhooks: [told, { ...told, id: "dlv_2" }] })).toEqual(["webhooks"]);
  });

  it("see a write of unknown outcome that the model was not told of", () => {
    const untold = spoiled((event) => (event.type === "tool.completed" ? [] : [event]));
    expect(broken({ events: untold, followed: undefined })).toEqual(["unknown"]);
    const failed = (code: "outcome_unknown" | "tool_error") =>
      spoiled((event) =>
        event.type === "tool.completed"
          ? [
              {
                type: "tool.failed",
                data: { call: "t1", tool: "send", error: { code, message: "" }, duration_ms: 1 },
              },
            ]
          : [event],
      );
    expect(broken({ events: failed("outcome_unknown"), followed: undefined })).toEqual([]);
    expect(broken({ events: failed("tool_error"), followed: undefined })).toEqual(["unknown"]);
    expect(broken({ acts: [] })).toEqual(["unknown"]);
  });

  it("see a follower who missed an event, saw one twice, or saw no end", () => {
    const seen = good.followed?.seen ?? [];
    expect(broken({ followed: { task, seen: seen.slice(1) } })).toContain("answers");
    expect(broken({ followed: { task, seen: [...seen.slice(0, 3), ...seen.slice(2)] } })).toContain(
      "answers",
    );
    expect(broken({ followed: { task, seen: seen.slice(0, -1) } })).toEqual(["answers"]);
  });
});
