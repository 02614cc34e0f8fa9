/** kill -9 between any two events: somebody else finishes the task, and nothing is paid for or done twice. */

import { openStore, parseRedisAddress } from "@pawl/store";
import { describe, expect, it } from "vitest";
import { finished, follow, getTask, journalOf, submit } from "../support/follow.ts";
import { expectHeadToMatchJournal } from "../support/head.ts";
import { type System, startSystem } from "../support/processes.ts";
import { expectNothingTwice, ledgerOf, STORY_CONFIG, scriptStory, witnessed } from "../support/story.ts";

const system = await startSystem({ workers: 1, env: { PAWL_CONFIG: STORY_CONFIG } });

/** Kills the only worker right after the event is seen; another takes its place. true: in the middle of the task. */
async function killAfter(system: System, task: string, seq: number): Promise<boolean> {
  for await (const event of follow(system, task)) {
    if (event.seq < seq) continue;
    await system.workers.at(-1)?.end("SIGKILL");
    // The last reply and the end come in one step: then the blow falls on a finished task.
    const { status } = await getTask(system, task);
    await system.startWorker();
    return status !== "completed";
  }
  return false;
}

describe("a worker that is killed", () => {
  it("after any event costs neither the outcome, nor a reply, nor a second e-mail", async () => {
    await scriptStory(system, "undisturbed");
    const undisturbed = await submit(system, { input: "undisturbed", agent: "story" });
    const whole = await journalOf(system, undisturbed.id);
    expect(whole.at(-1)?.type).toBe("task.completed");

    for (let seq = 2; seq < whole.length; seq++) {
      const word = `killed-after-${seq}.`;
      await scriptStory(system, word);
      const { id } = await submit(system, { input: word, agent: "story" });
      const killed = await killAfter(system, id, seq);
      const task = await finished(system, id);
      expect(task, word).toMatchObject({ status: "completed", result: { text: "The story is told." } });
      expect(task.attempts, word).toBe(killed ? 2 : 1);
      expectNothingTwice(await witnessed(system, id));

      // A reply that was recorded is never asked for again: of each request at most one was answered to the end
      // and recorded; another may have been in flight when the worker died.
      const events = await journalOf(system, id);
      const responded = events.filter(({ type }) => type === "model.responded");
      expect(responded).toHaveLength(4);
      const ledger = await ledgerOf(system, word);
      expect(ledger.length, word).toBeLessThanOrEqual(killed ? 5 : 4);
      expect(new Set(ledger.map((entry) => entry.request_hash)).size).toBe(4);

      // What the journal says was spent covers what the provider billed.
      const billed = ledger.reduce((sum, entry) => sum + entry.billed_nano_usd, 0);
      const confirmed = Math.round((task.cost.usd - task.cost.unconfirmed_usd) * 1e9);
      expect(Math.round(task.cost.usd * 1e9)).toBeGreaterThanOrEqual(billed);
      expect(confirmed).toBeLessThanOrEqual(billed);
    }
  }, 180_000);

  it("leaves head and journal telling the same", async () => {
    const store = await openStore({ address: parseRedisAddress(system.redisUrl), failFast: true });
    const page = (await (await system.call("/v1/tasks?limit=100")).json()) as { data: { id: string }[] };
    expect(page.data.length).toBeGreaterThan(10);
    for (const { id } of page.data) await expectHeadToMatchJournal(store, "default", id);
    await store.close();
  });
});

it("an api that dies between the script and the queue loses no task", async () => {
  const store = await openStore({ address: parseRedisAddress(system.redisUrl), failFast: true });
  const { newId } = await import("@pawl/protocol");
  const { terms } = await import("../support/store.ts");
  const { submission } = await import("../support/submission.ts");
  const { submitTask } = await import("@pawl/store");
  const id = newId("task", Date.now());
  // The script alone, as an api does it that is killed before it can add the leg to the queue.
  const outcome = await submitTask(store, {
    tenant: "default",
    task: id,
    data: submission(),
    terms: terms(),
    leastNanoUsd: 0,
  });
  expect(outcome).toMatchObject({ kind: "submitted", legs: [{ task: id, leg: 1 }] });
  await finished(system, id);
  expect((await getTask(system, id)).status).toBe("completed");
  await store.close();
});
