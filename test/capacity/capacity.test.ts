/** The short forms of `npm run test:capacity`: seconds in place of minutes, the same promises. */
import { expect, it } from "vitest";
import { runOutage } from "./run-outage.ts";
import { runRate } from "./run-rate.ts";

const say = () => {};

it("a fleet before a limited provider uses its allowance and is hardly ever refused", async ({ signal }) => {
  const run = await runRate({
    requestsPerMinute: 300,
    // The simulator looks at ten seconds in place of a minute.
    windowMs: 10_000,
    workers: 3,
    tasks: 80,
    say,
    signal,
  });
  expect(run.states.map(({ status }) => status)).toEqual(run.states.map(() => "completed"));
  expect(run.refused / run.requests).toBeLessThan(0.02);
  // More than 0.9 in the long form, whose beginning and end weigh less, and where nobody else has the machine.
  expect(run.usedShare).toBeGreaterThan(0.75);
}, 90_000);

it("an outage costs no task an attempt, and its end is found within five seconds", async ({ signal }) => {
  const run = await runOutage({ outageMs: 4000, workers: 3, tasks: 40, maxAttempts: 2, say, signal });
  expect(run.states.map(({ status, attempts }) => [status, attempts])).toEqual(
    run.states.map(() => ["completed", 1]),
  );
  expect(run.firstServedAfterMs).toBeLessThan(5000);
  // A breaker that never opened would have let every task ask.
  expect(run.refusedBy).toBeLessThan(40 * 2);
}, 90_000);
