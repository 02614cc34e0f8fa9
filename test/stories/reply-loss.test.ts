/** A network that loses the reply of every fifth script changes nothing in the outcome. */
import { openStore, parseRedisAddress, type Store } from "@pawl/store";
import { expect, it } from "vitest";
import { finished, journalOf, submit } from "../support/follow.ts";
import { expectHeadToMatchJournal } from "../support/head.ts";
import { type LossyProxy, lossyProxy } from "../support/lossy-proxy.ts";
import { startSystem } from "../support/processes.ts";
import { expectNothingTwice, ledgerOf, STORY_CONFIG, scriptStory, witnessed } from "../support/story.ts";

let proxy: LossyProxy | undefined;
const system = await startSystem({
  workers: 2,
  // Each lost reply costs the worker its connection for a moment: its locks must not lapse meanwhile.
  env: { PAWL_CONFIG: STORY_CONFIG, LOCK_DURATION_MS: "5000" },
  workerRedisUrl: async (redisUrl) => {
    proxy = await lossyProxy(redisUrl, 5);
    return proxy.url;
  },
});

it("finishes every task as if nothing had been lost", async () => {
  const store = await openStore({ address: parseRedisAddress(system.redisUrl), failFast: true });
  // A few at a time: tasks in a crowd send their scripts in one piece, of which only one reply can be lost.
  for (let wave = 0; wave < 6; wave += 1) {
    const words = Array.from({ length: 4 }, (_, i) => `lossy-${wave}-${i}.`);
    await Promise.all(words.map((word) => scriptStory(system, word, 5)));
    const tasks = await Promise.all(words.map((word) => submit(system, { input: word, agent: "story" })));
    for (const [i, { id }] of tasks.entries()) await expectToldOnce(store, id, words[i] ?? "");
  }
  await store.close();
  expect(proxy?.lost()).toBeGreaterThan(20);
}, 60_000);

async function expectToldOnce(store: Store, id: string, word: string): Promise<void> {
  const task = await finished(system, id);
  expect(task).toMatchObject({ status: "completed", attempts: 1, result: { text: "The story is told." } });
  const types = (await journalOf(system, id)).map(({ type }) => type);
  expect(types.filter((type) => type === "model.responded")).toHaveLength(4);
  expect(types.filter((type) => type === "tool.completed")).toHaveLength(4);
  expect(await ledgerOf(system, word)).toHaveLength(4);
  const witness = await witnessed(system, id);
  expect(witness).toHaveLength(4);
  expectNothingTwice(witness);
  await expectHeadToMatchJournal(store, "default", id);
}
