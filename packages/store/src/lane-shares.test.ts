import { expect, it } from "vitest";
import { shareSeats } from "./lane-shares.ts";
import type { Lane } from "./queue.ts";

function watched(concurrency: number) {
  const shares = shareSeats(["high", "normal", "low"], concurrency);
  const now: Record<string, number> = {};
  for (const lane of ["high", "normal", "low"] as const)
    shares.onChange(lane, (share) => {
      now[lane] = share;
    });
  const start = (lane: Lane) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = shares.during(lane, () => promise);
    return () => {
      resolve();
      return done;
    };
  };
  return { now, start };
}

it("gives the lower lanes what the higher ones leave", async () => {
  const { now, start } = watched(20);
  expect(now).toEqual({ high: 20, normal: 20, low: 20 });
  const ends = [start("high"), start("high"), start("normal")];
  expect(now).toEqual({ high: 20, normal: 18, low: 17 });
  for (const end of ends) await end();
  expect(now).toEqual({ high: 20, normal: 20, low: 20 });
});

it("keeps a reserve for every lane, however busy the higher ones are", () => {
  const { now, start } = watched(20);
  for (let i = 0; i < 20; i++) start("high");
  expect(now).toEqual({ high: 20, normal: 2, low: 2 });
});

it("counts work that failed as done", async () => {
  const shares = shareSeats(["normal", "low"], 10);
  let low = 0;
  shares.onChange("low", (share) => {
    low = share;
  });
  await expect(shares.during("normal", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(low).toBe(10);
});
