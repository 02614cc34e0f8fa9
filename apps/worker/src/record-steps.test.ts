import type { StepRecord } from "@pawl/agent";
import { type NewEvent, windowsAt } from "@pawl/protocol";
import { readJournal } from "@pawl/store";
import { expect, it } from "vitest";
import { claimedTask, spentOn } from "../../../test/support/claimed.ts";
import { ownStore, terms } from "../../../test/support/store.ts";
import { stepRecorder } from "./record-steps.ts";

const store = await ownStore();

const said = (message: string): StepRecord => ({
  facts: [{ type: "limit.warned", data: { limit: "max_turns", message } }],
  settled: [],
  where: { to: "running" },
});

it("sends the commands of a task one at a time and in their order, whoever records meanwhile", async () => {
  const { task, epoch } = await claimedTask(store);
  const recorded: NewEvent[] = [];
  const record = stepRecorder({
    store,
    tenant: "acme",
    task,
    epoch,
    cursor: 2,
    termsAt: () => terms(),
    hasWebhook: false,
    nowMs: Date.now,
    onRecorded: (event) => recorded.push(event),
    onError: () => {},
  });
  const first = record(said("one"));
  const second = record(said("two"));
  await first;
  const third = record(said("three"));
  const outcomes = await Promise.all([first, second, third]);
  outcomes.push(await record(said("four")));
  // Each was sent with the cursor that the one before it had left: own events are nobody else's.
  expect(outcomes).toEqual(Array(4).fill(expect.objectContaining({ kind: "done", others: [] })));
  const journal = await readJournal(store, "acme", task, 2);
  const messages = (events: readonly NewEvent[]) =>
    events.map((event) => (event.type === "limit.warned" ? event.data.message : event.type));
  expect(messages(journal)).toEqual(["one", "two", "three", "four"]);
  expect(messages(recorded)).toEqual(["one", "two", "three", "four"]);
});

it("names the windows by Redis' clock where its own is wrong", async () => {
  const ahead = async (byMs: number) => {
    const { task, epoch } = await claimedTask(store);
    const record = stepRecorder({
      store,
      tenant: "acme",
      task,
      epoch,
      cursor: 2,
      termsAt: (atMs) => terms({ windows: windowsAt(atMs, "UTC") }),
      hasWebhook: false,
      nowMs: () => Date.now() + byMs,
      onRecorded: () => {},
      onError: () => {},
    });
    const holds = [{ hold: "m1", nanoUsd: 1, spentOn }];
    return record({
      facts: [],
      settled: [],
      next: { holds, reserveNanoUsd: 0, leastNanoUsd: 1, events: [] },
      where: { to: "running" },
    });
  };
  const DAY_MS = 24 * 60 * 60 * 1000;
  expect(await ahead(2 * DAY_MS)).toMatchObject({ kind: "done" });
  expect(await ahead(-2 * DAY_MS)).toMatchObject({ kind: "done" });
});
