/** The archive sweep against everybody who reads, resumes, cancels or forgets: no event is lost, none is seen twice. */
import type { NewEvent } from "@pawl/protocol";
import { expect, it } from "vitest";
import { claimedTask } from "../../../test/support/claimed.ts";
import { headAndFold } from "../../../test/support/head-and-fold.ts";
import { ownStore } from "../../../test/support/store.ts";
import {
  cancelTask,
  deliveredTask,
  key,
  readJournal,
  readSubmission,
  resumeTask,
  ringAlarm,
  type Store,
  sweepRetention,
} from "./index.ts";
import { archiveJournal } from "./sweep/archive.ts";

const ROUNDS = 1000;
const AT_A_TIME = 50;
/** Events of a task that was submitted, started and stopped. */
const ENDED_SEQ = 3;
const store = await ownStore();
const tenant = "racer";

async function stoppedTask(): Promise<string> {
  const { task, step } = await claimedTask(store, {}, tenant);
  const end: NewEvent = { type: "task.stopped", data: { stop_reason: "loop_detected", message: "loop" } };
  await step(1, {
    facts: [end],
    transition: { to: "stopped", stopReason: "loop_detected", deliveryId: "dlv_a" },
  });
  return task;
}

/** Runs `race` on fresh stopped tasks, many at a time, and returns how often each outcome came. */
async function races(race: (task: string) => Promise<string>): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  let left = ROUNDS;
  const lane = async () => {
    while (left-- > 0) {
      const outcome = await race(await stoppedTask());
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  return outcomes;
}

/** All at once, in a random order: whoever is sent first need not be the first to be answered. */
async function atOnce<T>(asks: Record<string, () => Promise<T>>): Promise<Map<string, T>> {
  const shuffled = Object.entries(asks).sort(() => Math.random() - 0.5);
  return new Map(await Promise.all(shuffled.map(async ([name, ask]) => [name, await ask()] as const)));
}

const archive = (task: string) => async () =>
  (await archiveJournal(store, tenant, task)) ? "archived" : "no";
const resume = (task: string, requestId: string) => async () =>
  (await resumeTask(store, { tenant, task, requestId, seq: ENDED_SEQ, timeoutMs: 3_600_000 })).kind;
const cancel = (task: string) => async () =>
  (await cancelTask(store, { tenant, task, deliveryId: "dlv_b" })).kind;
/** From the first event, from a cursor, and what a webhook would tell: of a finished task, all there at any moment. */
const read = (task: string) => async () => {
  const [all, rest, submission, delivered] = await Promise.all([
    readJournal(store, tenant, task),
    readJournal(store, tenant, task, ENDED_SEQ - 1),
    readSubmission(store, tenant, task),
    deliveredTask(store, tenant, { task, seq: ENDED_SEQ }),
  ]);
  expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1));
  expect(all.length).toBeGreaterThanOrEqual(ENDED_SEQ);
  expect(rest[0]?.type).toBe("task.stopped");
  expect(submission?.event.seq).toBe(1);
  expect(delivered?.state.status).toBe("stopped");
  return "whole";
};

/** The same store, but what happens in `meanwhile` happens between this caller's first answer and its next question. */
function slowCaller(command: "lrangeBuffer" | "sendCommand", meanwhile: () => Promise<unknown>): Store {
  let first = true;
  const slow = async (...args: unknown[]) => {
    const answer: unknown = await Reflect.apply(store.redis[command], store.redis, args);
    if (first) {
      first = false;
      await meanwhile();
    }
    return answer;
  };
  return { ...store, redis: Object.create(store.redis, { [command]: { value: slow } }) };
}

async function forms(task: string): Promise<string> {
  const [list, archived] = await Promise.all([
    store.redis.exists(key(tenant, "journal", task)),
    store.redis.exists(key(tenant, "archive", task)),
  ]);
  return list === 1 ? (archived === 1 ? "both" : "list") : archived === 1 ? "archive" : "none";
}

async function expectWhole(task: string): Promise<void> {
  const { head, fold } = await headAndFold(store, tenant, task);
  expect(head).toEqual(fold);
  await read(task)();
}

it("archiving against two resumes, a cancel and readers: one resume, and a journal in one form", async () => {
  const outcomes = await races(async (task) => {
    if (Math.random() < 0.5) await archiveJournal(store, tenant, task);
    const came = await atOnce({
      archive: archive(task),
      archiveToo: archive(task),
      resume: resume(task, "a"),
      resumeToo: resume(task, "b"),
      cancel: cancel(task),
      read: read(task),
      readToo: read(task),
    });
    const resumed = [came.get("resume"), came.get("resumeToo")].filter((kind) => kind === "resumed").length;
    expect(resumed).toBe(1);
    const cancelled = came.get("cancel") === "done";
    const form = await forms(task);
    // Live tasks have their list; one that was resumed and cancelled at once may be archived already.
    if (!cancelled) expect(form).toBe("list");
    expect(["list", "archive"]).toContain(form);
    expect(await readJournal(store, tenant, task)).toHaveLength(ENDED_SEQ + resumed + (cancelled ? 1 : 0));
    await expectWhole(task);
    return form;
  });
  expect(outcomes.has("list")).toBe(true);
}, 120_000);

it("archiving and resuming against the end of the retention: whole or gone, and never half", async () => {
  const outcomes = await races(async (task) => {
    const due = Math.random() < 0.5 ? "retention" : "archived";
    if (due === "archived") await archiveJournal(store, tenant, task);
    await store.redis.zadd(key(tenant, due), 1, task);
    const came = await atOnce({
      archive: archive(task),
      resume: resume(task, "a"),
      forget: async () => String(await sweepRetention(store, Date.now())),
    });
    await sweepRetention(store, Date.now());
    if (came.get("resume") === "resumed") {
      expect(await forms(task)).toBe("list");
      await expectWhole(task);
      return "resumed";
    }
    expect(came.get("resume")).toBe("unknown");
    expect(await store.redis.keys(`*${task}*`)).toEqual([]);
    return "forgotten";
  });
  expect([...outcomes.keys()].sort()).toEqual(["forgotten", "resumed"]);
}, 120_000);

it("a reader who finds no list, since it is archived, and is overtaken by a resume, sees the whole journal", async () => {
  const task = await stoppedTask();
  await archiveJournal(store, tenant, task);
  const overtaken = slowCaller("lrangeBuffer", resume(task, "a"));
  const events = await readJournal(overtaken, tenant, task);
  expect(events.map(({ type }) => type)).toEqual([
    "task.submitted",
    "task.started",
    "task.stopped",
    "task.resumed",
  ]);
});

it("a resume that is overtaken by another one, its end and its archive restores nothing of the past", async () => {
  const task = await stoppedTask();
  await archiveJournal(store, tenant, task);
  const overtaken = slowCaller("sendCommand", async () => {
    expect(await resume(task, "a")()).toBe("resumed");
    await store.redis.hset(key(tenant, "head", task), "deadline_at", "1");
    await ringAlarm(store, { tenant, task, waitingFor: "", deliveryId: "dlv_c" });
    expect(await archiveJournal(store, tenant, task)).toBe(true);
  });
  const late = { tenant, task, requestId: "b", seq: ENDED_SEQ, timeoutMs: 3_600_000 };
  expect(await resumeTask(overtaken, late)).toEqual({ kind: "moved" });
  expect(await forms(task)).toBe("archive");
  expect(await readJournal(store, tenant, task)).toHaveLength(ENDED_SEQ + 2);
  expect((await resumeTask(store, { ...late, seq: ENDED_SEQ + 2 })).kind).toBe("resumed");
  expect(await readJournal(store, tenant, task)).toHaveLength(ENDED_SEQ + 3);
});
