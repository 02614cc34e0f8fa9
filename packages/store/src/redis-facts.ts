/** What a Redis says of itself, for people who look for a fault: nothing is judged here and nothing changed. */
import { connectRedis, inspectRedis, type RedisAddress, type RedisFault } from "./connect.ts";

export type RedisFacts = {
  readonly version: string;
  /** Whether it keeps an append-only file; null: it does not say. */
  readonly keepsAppendOnlyFile: boolean | null;
  /** `always`, `everysec` or `no`; null: a managed server may keep it to itself. */
  readonly appendFsync: string | null;
  readonly evictionPolicy: string | null;
  /** Null: it may take all there is. */
  readonly maxMemoryBytes: number | null;
  readonly usedMemoryBytes: number;
  /** How far its clock is ahead of ours, ms; as good as the way there and back is short. */
  readonly clockAheadMs: number;
  readonly faults: readonly RedisFault[];
};

/** @throws what the connection failed with, or a TimeoutError. Opens a connection of its own and closes it. */
export async function readRedisFacts(address: RedisAddress, timeoutMs: number): Promise<RedisFacts> {
  let lastError: Error | undefined;
  const redis = connectRedis(address, { failFast: true, onError: (error) => (lastError = error) });
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new Error(`it does not answer within ${timeoutMs / 1000} s`, { cause: lastError });
    reject(lastError ?? error);
  }, timeoutMs);
  const read = async (): Promise<RedisFacts> => {
    const sentMs = Date.now();
    const [seconds, microseconds] = await redis.time();
    const middleMs = (sentMs + Date.now()) / 2;
    const info = await redis.info();
    const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
    const aof = field("aof_enabled");
    return {
      version: field("redis_version") ?? "unknown",
      keepsAppendOnlyFile: aof === undefined ? null : aof === "1",
      appendFsync: await configured(redis, "appendfsync"),
      evictionPolicy: field("maxmemory_policy") ?? null,
      maxMemoryBytes: Number(field("maxmemory") ?? 0) || null,
      usedMemoryBytes: Number(field("used_memory") ?? 0),
      clockAheadMs: Number(seconds) * 1000 + Number(microseconds) / 1000 - middleMs,
      faults: await inspectRedis(redis),
    };
  };
  try {
    return await Promise.race([read(), late]);
  } catch (error) {
    // "Reached the max retries" says less than why they were needed.
    throw lastError ?? error;
  } finally {
    clearTimeout(timer);
    redis.disconnect();
  }
}

async function configured(redis: ReturnType<typeof connectRedis>, name: string): Promise<string | null> {
  const answer: unknown = await redis.call("CONFIG", "GET", name).catch(() => null);
  return Array.isArray(answer) && typeof answer[1] === "string" ? answer[1] : null;
}
