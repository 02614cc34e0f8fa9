/**
 * A stream over restarts of the real api process, killed and ended in good order by turns, while a real worker performs
 * the task. PAWL_SOAK_RESTARTS=20 is the long form.
 */
import { createPawl, type Event } from "@pawl/client";
import { findFreePort } from "@pawl/local-redis";
import { expect, it } from "vitest";

import { ADMIN_KEY, startProcess, startSystem, WEBHOOK_SECRET } from "../support/processes.ts";
import { STORY_CONFIG, scriptStory } from "../support/story.ts";

const RESTARTS = Number(process.env.PAWL_SOAK_RESTARTS ?? 2);

it(`a stream over ${RESTARTS} restarts of the api misses no event and has none twice`, {
  timeout: 300_000,
}, async () => {
  const system = await startSystem({ workers: 1, env: { PAWL_CONFIG: STORY_CONFIG } });
  const PORT = String(await findFreePort());
  const env = {
    REDIS_URL: system.redisUrl,
    PAWL_DATA_DIR: system.dataDir,
    PAWL_ADMIN_KEY: ADMIN_KEY,
    PAWL_WEBHOOK_SECRET: WEBHOOK_SECRET,
    PAWL_CONFIG: STORY_CONFIG,
    PORT,
  };
  const startApi = async () => {
    const api = startProcess("api", env);
    await api.logged("listening");
    return api;
  };
  let api = await startApi();
  const pawl = createPawl({ baseUrl: `http://127.0.0.1:${PORT}`, apiKey: ADMIN_KEY });
  const waits = createPawl({ baseUrl: system.url, apiKey: ADMIN_KEY });

  expect(await Array.fromAsync(waits.workers())).toMatchObject([
    { running: 0, lanes: ["high", "normal", "low", "webhooks"] },
  ]);
  for (let n = 0; n < RESTARTS; n += 1) {
    const word = `restart-${n}`;
    // Slow enough for the api to be away while events come.
    await scriptStory(system, word, 400);
    const { id } = await pawl.submit({ agent: "story", input: word });
    const seen: Event[] = [];
    const following = (async () => {
      for await (const event of pawl.stream(id)) seen.push(event);
    })();
    await expect.poll(() => seen.length, { timeout: 20_000, interval: 10 }).toBeGreaterThan(1);
    await api.end(n % 2 === 0 ? "SIGKILL" : "SIGTERM");
    api = await startApi();
    await following;
    const all = await Array.fromAsync(waits.events(id));
    expect(seen).toEqual(all);
    expect(seen.at(-1)?.type).toBe("task.completed");
  }
});
