/** Tasks that run in circles, and one that only seems to, through the real processes. */
import { expect, it } from "vitest";
import { finished, journalOf, type SeenEvent, submit } from "../support/follow.ts";
import { startSystem } from "../support/processes.ts";
import { script, scriptReplies } from "../support/simulator-script.ts";
import { STORY_CONFIG } from "../support/story.ts";

const system = await startSystem({ workers: 1, env: { PAWL_CONFIG: STORY_CONFIG } });

function count(events: readonly SeenEvent[], type: string): number {
  return events.filter((event) => event.type === type).length;
}

it("ends a loop as loop_detected, with evidence and an answer, and lets it be resumed with counts anew", async () => {
  await script(system, [{ match: { contains: "in circles." }, brain: "looping", times: -1 }]);
  const { id } = await submit(system, { input: "Look at 7, in circles.", agent: "story" });
  const ended = await finished(system, id);
  expect(ended).toMatchObject({
    status: "stopped",
    stop_reason: "loop_detected",
    degraded: { reason: "loop_detected" },
  });
  expect(ended.result?.text).not.toBe("");
  const events = await journalOf(system, id);
  const rungs = events.filter(({ type }) => type === "loop.warned").map(({ data }) => data.verdict);
  expect(rungs).toEqual(["warn", "block", "stop"]);
  expect(events.find(({ data }) => data.verdict === "stop")?.data.evidence).toMatchObject({
    message: expect.stringContaining("same"),
    first_turn: expect.any(Number),
  });
  expect(count(events, "tool.started")).toBe(3);

  const resumed = await system.call(`/v1/tasks/${id}/resume`, { method: "POST" });
  expect(resumed.status).toBe(202);
  expect(await finished(system, id)).toMatchObject({ status: "stopped", stop_reason: "loop_detected" });
  expect(count(await journalOf(system, id), "tool.started")).toBeGreaterThan(3);
}, 60_000);

it("lets a declared poll ask again and again, holding no slot between two looks", async () => {
  const ask = { tool: "progress" };
  await scriptReplies(system, "the job.", [ask, ask, ask, ask, "It is done."]);
  const { id } = await submit(system, { input: "Wait for the job.", agent: "poller" });
  expect(await finished(system, id)).toMatchObject({ status: "completed", result: { text: "It is done." } });
  const events = await journalOf(system, id);
  expect(count(events, "loop.warned")).toBe(0);
  const waits = events.filter(({ type, data }) => type === "task.waiting" && data.for === "timer");
  expect(waits).toHaveLength(3);
  expect(count(events, "tool.completed")).toBe(4);
}, 60_000);
