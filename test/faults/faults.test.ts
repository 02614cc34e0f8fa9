/** The short form of `npm run test:faults`: a few seconds of everything, from one seed. */
import { expect, it } from "vitest";
import { runFaults } from "./run-faults.ts";

it("under every fault nothing is lost, nothing is done or paid for twice, nothing is left over", async () => {
  const said: string[] = [];
  const { failure, summary } = await runFaults({
    seed: 3,
    seconds: 8,
    workers: 2,
    tasksPerSecond: 4,
    say: (line) => said.push(line),
    signal: new AbortController().signal,
  });
  expect(failure, `${said.join("\n")}\n${summary}`).toBe("");
}, 180_000);
