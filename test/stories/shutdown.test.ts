/** Shutdown is not failure: tasks are handed back in time, go on elsewhere, and lose no attempt. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { finished, follow, journalOf, submit } from "../support/follow.ts";
import { type System, startSystem } from "../support/processes.ts";
import { expectNothingTwice, STORY_CONFIG, scriptOneCall, scriptStory, witnessed } from "../support/story.ts";

const system = await startSystem({ workers: 1, env: { PAWL_CONFIG: STORY_CONFIG } });

async function untilSeen(system: System, task: string, type: string): Promise<void> {
  for await (const event of follow(system, task)) if (event.type === type) return;
  throw new Error(`${task} ended without ${type}`);
}

it("SIGTERM hands a waiting task back in under five seconds, and it goes on without a lost attempt", async () => {
  await scriptOneCall(system, "patient.", "gate");
  const { id } = await submit(system, { input: "patient.", agent: "patient" });
  await untilSeen(system, id, "tool.started");
  const [first] = system.workers;
  await system.startWorker();
  const askedAt = performance.now();
  expect(await first?.end("SIGTERM")).toBe(0);
  expect(performance.now() - askedAt).toBeLessThan(5000);
  await writeFile(join(system.dataDir, "open-the-gate"), "");
  expect(await finished(system, id)).toMatchObject({ status: "completed", attempts: 1 });
  const events = await journalOf(system, id);
  expect(events.map(({ type }) => type)).toContain("task.handed_back");
  expect(events.filter(({ type }) => type === "model.responded")).toHaveLength(2);
}, 30_000);

it("a rolling restart of workers under load costs no task its attempt, its money or a second write", async () => {
  const words = Array.from({ length: 20 }, (_, i) => `rolling-${i}.`);
  await Promise.all(words.map((word) => scriptStory(system, word, 100)));
  const tasks = await Promise.all(words.map((word) => submit(system, { input: word, agent: "story" })));
  for (let round = 0; round < 3; round++) {
    const old = system.workers.at(-1);
    await system.startWorker();
    expect(await old?.end("SIGTERM")).toBe(0);
  }
  for (const { id } of tasks) {
    const task = await finished(system, id);
    expect(task).toMatchObject({ status: "completed", result: { text: "The story is told." }, attempts: 1 });
    const types = (await journalOf(system, id)).map(({ type }) => type);
    expect(types.filter((type) => type === "model.responded")).toHaveLength(4);
    expectNothingTwice(await witnessed(system, id));
  }
}, 60_000);

it("a worker that was paused past its lock can append nothing, and its tasks go on elsewhere", async () => {
  await scriptStory(system, "paused.", 400);
  const { id } = await submit(system, { input: "paused.", agent: "story" });
  await untilSeen(system, id, "model.responded");
  const paused = system.workers.at(-1);
  paused?.child.kill("SIGSTOP");
  await system.startWorker();
  const task = await finished(system, id);
  paused?.child.kill("SIGCONT");
  await paused?.logged("attempt over");
  expect(task).toMatchObject({ status: "completed", result: { text: "The story is told." } });
  const types = (await journalOf(system, id)).map(({ type }) => type);
  expect(types.at(-1)).toBe("task.completed");
  expect(types.filter((type) => type === "model.responded")).toHaveLength(4);
  expectNothingTwice(await witnessed(system, id));
}, 60_000);
