/** The short form of `npm run test:overspend`: one seed, fewer tasks, every kind of blow. */
import { expect, it } from "vitest";
import { provesNothing } from "./report.ts";
import { runOverspend } from "./run-overspend.ts";

it("many tasks at once spend up to the limits and never a nano-dollar over, whatever dies meanwhile", async () => {
  const said: string[] = [];
  const { breaches, evidence, summary } = await runOverspend({
    seed: 1,
    tasks: 50,
    workers: 2,
    kills: 2,
    say: (line) => said.push(line),
    signal: new AbortController().signal,
  });
  expect(breaches, `${said.join("\n")}\n${summary}`).toEqual([]);
  expect(provesNothing(evidence), summary).toBeUndefined();
}, 120_000);
