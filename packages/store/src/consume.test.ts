import { afterAll, describe, expect, it } from "vitest";
import { ownRedis } from "../../../test/support/redis.ts";
import { parseRedisAddress } from "./connect.ts";
import { type Consumer, consumeTasks, type StartedTaskJob } from "./consume.ts";
import { enqueueLegs, queueNames, queuePrefix } from "./queue.ts";
import { openStore } from "./store.ts";

const server = await ownRedis();
const store = await openStore({ address: parseRedisAddress(server.url), failFast: false });
afterAll(() => store.close());

const legs = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    tenant: "t",
    task: `task_${String(i).padStart(26, "0")}`,
    leg: 1,
    lane: "normal" as const,
  }));

/** What a consumer does with its jobs, and what became of them. */
async function consuming(
  options: { concurrency: number; lockDurationMs: number },
  process: (job: StartedTaskJob) => Promise<void>,
) {
  const lost: string[] = [];
  const starts = new Map<string, number>();
  const consumer: Consumer = await consumeTasks(store, {
    ...options,
    stalledIntervalMs: 200,
    lanes: ["normal"],
    process: async (job) => {
      starts.set(job.task, (starts.get(job.task) ?? 0) + 1);
      await process(job);
      return { again: false };
    },
    onLeaseLost: ({ task }) => lost.push(task),
    // A job that was lost cannot be moved any more, and BullMQ says so.
    onError: () => {},
  });
  return { lost, starts, consumer };
}

const untilNothingIsLeft = () =>
  expect
    .poll(() => store.queues.normal.getJobCounts("wait", "active", "delayed"), { timeout: 40_000 })
    .toEqual({
      wait: 0,
      active: 0,
      delayed: 0,
    });

describe("a consumer", () => {
  it("loses no lock and starts nothing twice when two thousand jobs go on at one moment", async () => {
    const jobs = 2000;
    const busyMs = 1.2; // for all of them together, longer than a lock lives
    const gate = Promise.withResolvers<void>();
    const { lost, starts, consumer } = await consuming(
      { concurrency: jobs, lockDurationMs: 2000 },
      async ({ pace }) => {
        await gate.promise;
        await pace(async () => {
          const untilMs = performance.now() + busyMs;
          while (performance.now() < untilMs);
          await store.redis.ping();
        });
      },
    );
    await enqueueLegs(store, legs(jobs));
    await expect.poll(() => starts.size, { timeout: 40_000 }).toBe(jobs);
    gate.resolve();
    await untilNothingIsLeft();
    await consumer.close();
    expect(lost).toEqual([]);
    expect(Math.max(...starts.values())).toBe(1);
  }, 60_000);

  it("starts a job whose lock is gone once more, and then it is over", async () => {
    await store.queues.normal.obliterate({ force: true });
    const [leg] = legs(1);
    if (leg === undefined) throw new Error("no leg");
    const seen: { start: number; holds: boolean }[] = [];
    const { lost, starts, consumer } = await consuming(
      { concurrency: 5, lockDurationMs: 1000 },
      async ({ start, holdsLease }) => {
        if (start === 1) {
          await store.redis.del(`${queuePrefix}:${queueNames.normal}:${leg.task}.1:lock`);
          await expect.poll(() => lost, { timeout: 5000 }).toEqual([leg.task]);
        }
        seen.push({ start, holds: holdsLease() });
      },
    );
    await enqueueLegs(store, [leg]);
    await expect.poll(() => starts.get(leg.task), { timeout: 10_000 }).toBe(2);
    await untilNothingIsLeft();
    await consumer.close();
    expect(seen).toEqual([
      { start: 1, holds: false },
      { start: 2, holds: true },
    ]);
    expect(await store.queues.normal.getJobCounts("completed")).toEqual({ completed: 1 });
  });
});
