import { expect, it } from "vitest";
import { randomFrom } from "./random.ts";
import { describeStrike, planStrikes } from "./schedule.ts";

const options = {
  durationMs: 60_000,
  workers: ["worker 1", "worker 2", "worker 3"],
  api: "api",
  lockMs: 1500,
};
const plan = (seed: number) => planStrikes(randomFrom(seed), options);

it("a seed gives one schedule, another seed another", () => {
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
});

it("a stream by name does not depend on what was drawn elsewhere", () => {
  const [fresh, used] = [randomFrom(1), randomFrom(1)];
  used.next();
  expect(used.fork("clients").next()).toBe(fresh.fork("clients").next());
  expect(fresh.fork("clients").next()).not.toBe(fresh.fork("faults").next());
});

it("a minute sees every kind of fault, and no process broken twice at a time", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const strikes = plan(seed);
    expect(new Set(strikes.map(({ kind }) => kind)).size, `seed ${seed}`).toBe(10);
    const busyUntilMs = new Map<string, number>();
    for (const strike of strikes) {
      if (!("target" in strike) || !("downMs" in strike || strike.kind === "pause")) continue;
      expect(busyUntilMs.get(strike.target) ?? 0).toBeLessThanOrEqual(strike.atMs);
      busyUntilMs.set(strike.target, strike.atMs + ("downMs" in strike ? strike.downMs : strike.forMs));
    }
  }
});

it("a strike is described in one line", () => {
  expect(describeStrike({ atMs: 3200, kind: "kill", target: "worker 2", downMs: 800 })).toBe(
    "   3.2 s  kill, worker 2, downMs 800",
  );
});
