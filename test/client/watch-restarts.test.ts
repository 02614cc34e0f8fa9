/** `pawl tasks watch` over restarts of the api, killed and ended in good order by turns. PAWL_SOAK_RESTARTS=20 is the long form. */
import type { Event, Task } from "@pawl/client";
import { findFreePort } from "@pawl/local-redis";
import { expect, it } from "vitest";
import { bareEnv, runPawl } from "../../apps/cli/src/command-line.fixture.ts";
import { journalOf, submit } from "../support/follow.ts";
import { ADMIN_KEY, startProcess, startSystem, WEBHOOK_SECRET } from "../support/processes.ts";
import { STORY_CONFIG, scriptStory } from "../support/story.ts";

const RESTARTS = Number(process.env.PAWL_SOAK_RESTARTS ?? 2);

it(`a watch over ${RESTARTS} restarts of the api prints every event once, and ends as the task does`, {
  timeout: 300_000,
}, async () => {
  const system = await startSystem({ workers: 1, env: { PAWL_CONFIG: STORY_CONFIG } });
  const PORT = String(await findFreePort());
  const shared = { REDIS_URL: system.redisUrl, PAWL_DATA_DIR: system.dataDir, PAWL_CONFIG: STORY_CONFIG };
  const secrets = { PAWL_ADMIN_KEY: ADMIN_KEY, PAWL_WEBHOOK_SECRET: WEBHOOK_SECRET };
  const startApi = async () => {
    const api = startProcess("api", { ...shared, ...secrets, PORT });
    await api.logged("listening");
    return api;
  };
  let api = await startApi();
  const env = bareEnv({ PAWL_URL: `http://127.0.0.1:${PORT}`, PAWL_API_KEY: ADMIN_KEY });
  for (let n = 0; n < RESTARTS; n += 1) {
    const word = `watched-${n}`;
    // Slow enough for the api to be away while events come.
    await scriptStory(system, word, 400);
    const { id } = await submit(system, { agent: "story", input: word });
    let printed = "";
    const onOut = (out: string) => {
      printed = out;
    };
    const watching = runPawl(["tasks", "watch", id, "--json"], { env, onOut });
    await expect.poll(() => printed.split("\n").length, { timeout: 20_000, interval: 10 }).toBeGreaterThan(2);
    await api.end(n % 2 === 0 ? "SIGKILL" : "SIGTERM");
    api = await startApi();
    const { code, out, err } = await watching;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Event | Task);
    expect(lines.slice(0, -1)).toEqual(await journalOf(system, id));
    expect(lines.at(-1)).toMatchObject({ id, status: "completed" });
  }
});
