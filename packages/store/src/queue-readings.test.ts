import { newId } from "@pawl/protocol";
import { afterAll, expect, it } from "vitest";
import { ownStore } from "../../../test/support/store.ts";
import { consumeTasks } from "./consume.ts";
import { enqueueLegs, type OwedLeg } from "./queue.ts";
import { readQueues } from "./queue-readings.ts";

const store = await ownStore();
const MINUTE_MS = 60_000;

async function enqueued(count: number): Promise<void> {
  const legs = Array.from(
    { length: count },
    (): OwedLeg => ({ tenant: "acme", task: newId("task", Date.now()), leg: 1, lane: "normal" }),
  );
  await enqueueLegs(store, legs);
}

async function readNormal(nowMs: number) {
  return (await readQueues(store, nowMs)).find(({ name }) => name === "normal");
}

it("tells what waits, since when, and what was done in the last whole minute", async () => {
  const before = Date.now();
  expect(await readNormal(before)).toMatchObject({
    waiting: 0,
    oldestWaitingMs: null,
    completedPerMinute: 0,
  });
  await enqueued(12);
  const waiting = await readNormal(Date.now() + 5_000);
  expect(waiting).toMatchObject({ waiting: 12, active: 0 });
  expect(waiting?.oldestWaitingMs).toBeGreaterThanOrEqual(5_000);
  expect(waiting?.oldestWaitingMs).toBeLessThanOrEqual(Date.now() - before + 5_000);

  const consumer = await consumeTasks(store, {
    lanes: ["normal"],
    concurrency: 20,
    lockDurationMs: 5_000,
    stalledIntervalMs: 1_000,
    onError: () => {},
    onLeaseLost: () => {},
    process: async () => ({ again: false }),
  });
  afterAll(() => consumer.close());
  await expect.poll(async () => (await readNormal(Date.now()))?.waiting).toBe(0);
  await expect.poll(async () => (await readNormal(Date.now()))?.active).toBe(0);
  const next = await readNormal(Date.now() + MINUTE_MS);
  // The minute may have turned while they were done.
  expect(next?.completedPerMinute).toBeGreaterThan(0);
  expect(next?.completedPerMinute).toBeLessThanOrEqual(12);
  expect((await readNormal(Date.now() + 3 * MINUTE_MS))?.completedPerMinute).toBe(0);
});
