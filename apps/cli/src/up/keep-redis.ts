/**
 * The Redis of `npm start`: resolved once, and again when a server of ours dies. It comes back at its old
 * address where it can, so that its clients need not know.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type ResolvedRedis, resolveRedis } from "@pawl/local-redis";
import { orAbort } from "./or-abort.ts";
import type { UpSettings } from "./settings.ts";

/** `onMove` is called when the server came back at another address. Its stop is added to `ends`. */
export async function keepRedis(
  run: {
    settings: UpSettings;
    say: (line: string) => void;
    signal: AbortSignal;
    ends: (() => Promise<void>)[];
  },
  onMove: () => Promise<unknown>,
): Promise<{ url: () => string }> {
  const { settings, say, signal } = run;
  const find = () =>
    resolveRedis({
      redisUrl: settings.REDIS_URL,
      dataDir: settings.dataDir,
      stopWithCaller: true,
      log: (line) => say(`redis: ${line}`),
    });
  let redis: ResolvedRedis = await orAbort(find(), signal);
  const how = {
    given: "the one REDIS_URL names",
    running: "found running, and left running at the end",
    started: "started",
  };
  say(
    `Redis: ${how[redis.how]}${redis.how === "given" ? "" : ` (port ${new URL(redis.url).port}, data in ${join(settings.dataDir, "redis")})`}`,
  );
  const keep = async () => {
    while (!signal.aborted) {
      await redis.exited;
      if (signal.aborted) return;
      say("redis ended; starting it again");
      const before = redis.url;
      try {
        redis = await find();
        if (redis.url !== before) await onMove();
      } catch (error) {
        say(`redis: ${error instanceof Error ? error.message : error}`);
        await delay(5_000, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  void keep();
  run.ends.push(() => redis.stop());
  return { url: () => redis.url };
}
