/** Five thousand tasks come and go: what stays in Redis has a lifetime or an owner, and the worker stays small. */
import { readFileSync } from "node:fs";
import { key, openStore, parseRedisAddress } from "@pawl/store";
import { expect, it } from "vitest";
import { submit } from "../support/follow.ts";
import { startSystem } from "../support/processes.ts";

const TASKS = 5000;
const CONCURRENT = 100;
/** A heap grows for its first two thousand tasks or so, whatever becomes of them. */
const WARM_UP = 2000;
/** What the process may gain over the three thousand after: it gained 8 to 14 MB, and 20 over ten thousand. */
const FLAT_WITHIN_MB = 30;

const system = await startSystem({
  workers: 1,
  env: { NODE_OPTIONS: "--max-old-space-size=192", LOG_LEVEL: "error" },
});
const store = await openStore({ address: parseRedisAddress(system.redisUrl), failFast: true });
const count = (index: string) => store.redis.zcard(key("default", "index", index));

async function submitMany(total: number): Promise<void> {
  let left = total;
  const lane = async () => {
    while (left-- > 0) await submit(system, { input: "Say hello.", tools: [], user: `user-${left % 50}` });
  };
  await Promise.all(Array.from({ length: CONCURRENT }, lane));
}

function residentMb(): number {
  const status = readFileSync(`/proc/${system.workers[0]?.child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

it("leaves no key without a lifetime or an owner, and the worker's memory flat", async () => {
  await submitMany(WARM_UP);
  await expect.poll(() => count("status:completed"), { timeout: 60_000 }).toBe(WARM_UP);
  const early = residentMb();
  await submitMany(TASKS - WARM_UP);
  await expect.poll(() => count("status:completed"), { timeout: 150_000, interval: 250 }).toBe(TASKS);
  expect(residentMb() - early).toBeLessThan(FLAT_WITHIN_MB);

  /** What is kept for the tenant as long as there is one, or by BullMQ in bounded number. */
  const owned = [
    /^pawl:tenants$/,
    /^pawl:tenant:default$/,
    /^pawl:\{default\}:(retention|archived|admission|usage-feed|usage-rolled|index:.+)$/,
    /^\{pawl\}:pawl-(tasks|tasks-high|tasks-low|quarantine|webhooks):(meta|id|events|completed|stalled-check|marker|pc|metrics:(completed|failed)(:data)?)$/,
    /^\{pawl\}:pawl-tasks:task_[0-9a-z]+\.\d+$/,
    /^pawl:workers$/,
  ];
  const all = await store.redis.keys("*");
  const ownerless: string[] = [];
  const keptJobs = all.filter((name) => /^\{pawl\}:pawl-tasks:task_/.test(name)).length;
  for (const name of all) {
    if ((await store.redis.pttl(name)) > 0) continue;
    if (!owned.some((pattern) => pattern.test(name))) ownerless.push(name);
  }
  expect(ownerless).toEqual([]);
  expect(keptJobs).toBeLessThanOrEqual(200);
  expect(await store.redis.xlen("{pawl}:pawl-tasks:events")).toBeLessThan(2000);
  // No alarm, no owed leg, no line: whatever a live task has, a finished one has not.
  for (const kind of ["due", "owed", "lines", "deliveriesDue", "allSeats", "hungry"] as const)
    expect(await store.redis.exists(key("default", kind)), kind).toBe(0);
  expect(await count("all")).toBe(TASKS);
  await store.close();
}, 240_000);
