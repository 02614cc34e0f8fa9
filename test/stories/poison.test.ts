/** A task that kills its workers is condemned by evidence, and no neighbour is blamed for it. */
import { expect, it } from "vitest";
import { finished, journalOf, submit } from "../support/follow.ts";
import { type PawlProcess, startSystem } from "../support/processes.ts";
import { STORY_CONFIG, scriptOneCall, scriptStory } from "../support/story.ts";

const system = await startSystem({ workers: 1, env: { PAWL_CONFIG: STORY_CONFIG } });
let watching = true;

/** What systemd or Kubernetes would do. */
async function restartWhenDead(worker: PawlProcess | undefined): Promise<void> {
  await worker?.exited;
  if (watching) void restartWhenDead(await system.startWorker());
}

it("ends as poisoned after two crashes beside others and two alone; its neighbours complete", async () => {
  void restartWhenDead(system.workers[0]);
  const neighbours = Array.from({ length: 5 }, (_, i) => `neighbour-${i}.`);
  await Promise.all(neighbours.map((word) => scriptStory(system, word, 300)));
  await scriptOneCall(system, "poison.", "die");
  const [poison, ...others] = await Promise.all([
    submit(system, { input: "poison.", agent: "poison", max_attempts: 10 }),
    ...neighbours.map((word) => submit(system, { input: word, agent: "story" })),
  ]);
  const condemned = await finished(system, poison.id);
  expect(condemned).toMatchObject({ status: "failed", stop_reason: "poisoned", error: { code: "crashed" } });
  const types = (await journalOf(system, poison.id)).map(({ type }) => type);
  expect(types.filter((type) => type === "task.handed_back")).toHaveLength(1);
  expect(types.filter((type) => type === "model.responded")).toHaveLength(1);
  for (const { id } of others)
    expect(await finished(system, id)).toMatchObject({
      status: "completed",
      result: { text: "The story is told." },
    });
  watching = false;
}, 90_000);
