import { expect, test } from "vitest";
import { finished, submit } from "../../../../test/support/follow.ts";
import { ADMIN_KEY, startSystem } from "../../../../test/support/processes.ts";
import { followStatus, type Standing, statusLines } from "./follow-status.ts";

test("how things stand is asked of a real api, and its silence is told of", async () => {
  const system = await startSystem({ workers: 1 });
  const { id } = await submit(system, { input: "What is 6 * 7?" });
  await finished(system, id);
  const ended = new AbortController();
  const shown: (Standing | "silent")[] = [];
  const following = followStatus({
    apiUrl: system.url,
    key: ADMIN_KEY,
    signal: ended.signal,
    show: (standing) => shown.push(standing),
  });
  const last = () => shown.at(-1) ?? "silent";
  await expect
    .poll(() => statusLines(last()).join("\n"), { timeout: 20_000 })
    .toMatch(/1 completed[\s\S]*1 worker, 0 of 100 busy · queues empty · \$0\.0\d*[1-9]\d* spent this month/);
  await system.api.end("SIGKILL");
  await expect.poll(last, { timeout: 10_000 }).toBe("silent");
  expect(statusLines("silent").join()).toContain("does not answer");
  ended.abort();
  await following;
});
