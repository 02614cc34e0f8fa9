/**
 * What a task cost is what it was billed, to the nano-dollar: many tasks at once of several models, with prompts that
 * are read from the cache, written to it and sent in full, replies that fail on the way, and none of it rounded.
 */
import type { Task } from "@pawl/protocol";
import { expect, it } from "vitest";
import { finished, submit } from "../support/follow.ts";
import { startSystem } from "../support/processes.ts";
import { script } from "../support/simulator-script.ts";
import { readBills } from "./bills.ts";

const MODELS = ["claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5", "claude-fable-5-2"] as const;
const TASKS = 24;

it("cost equals the bill to the nano-dollar over a mixed load with caching", async () => {
  // Long locks: on a busy machine a lease that is lost makes costs that nobody can confirm.
  const system = await startSystem({ workers: 2, env: { LOCK_DURATION_MS: "30000" } });
  await script(
    system,
    [
      { match: { turn: 2, model: MODELS[1] }, fault: { kind: "status", status: 529 }, times: 3 },
      { match: { turn: 3, model: MODELS[2] }, fault: { kind: "status", status: 429, retry_after_ms: 20 } },
      { match: { contains: "brief" }, brain: "brain", times: -1 },
    ],
    { default: "curious" },
  );

  const tasks = await Promise.all(
    Array.from({ length: TASKS }, async (_, i) => {
      const { id } = await submit(system, {
        input: `#${i}. ${i % 3 === 0 ? "Be brief. " : ""}Find all my past orders, sum them up: 1${i} + ${i}.`,
        agent: "support",
        user: "C-1042",
        model: MODELS[i % MODELS.length],
        budget: { max_cost_usd: 2, max_turns: 4 + (i % 3) },
      });
      return { marker: `#${i}.`, task: await finished(system, id) };
    }),
  );

  const bills = await readBills(system.simulator.url);
  for (const { marker, task } of tasks) {
    const own = bills.filter(({ prompt_head }) => prompt_head.startsWith(marker));
    const billed = own.reduce((sum, { billed_nano_usd }) => sum + billed_nano_usd, 0);
    expect(nano(task.cost.usd), `${marker} ${task.id}`).toBe(billed);
    expect(task.cost.unconfirmed_usd, marker).toBe(0);
  }
  const used = (pick: (usage: Task["usage"]) => number) =>
    tasks.reduce((sum, { task }) => sum + pick(task.usage), 0);
  expect(used(({ cache_read_tokens }) => cache_read_tokens)).toBeGreaterThan(0);
  expect(used(({ cache_write_tokens }) => cache_write_tokens)).toBeGreaterThan(0);
  expect(bills.filter(({ outcome }) => outcome === "failed").length).toBe(4);
}, 60_000);

function nano(usd: number): number {
  return Math.round(usd * 1e9);
}
