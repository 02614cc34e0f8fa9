/** Connections to Redis, single or cluster, and the check that a given server keeps what it is told. */
import { Cluster, type Command, Redis } from "ioredis";
import type { RedisClient } from "./scripts.ts";

/** `redis://…` or `rediss://…`; several of them, or `cluster`, mean a cluster. */
export type RedisAddress = { urls: readonly [string, ...string[]]; cluster: boolean };

/** From `REDIS_URL` as it is written, or its nodes already apart. */
export function parseRedisAddress(redisUrl: string | readonly string[], cluster = false): RedisAddress {
  const nodes = typeof redisUrl === "string" ? redisUrl.split(",").map((url) => url.trim()) : redisUrl;
  const [first, ...rest] = nodes.filter((url) => url !== "");
  if (first === undefined) throw new RangeError("REDIS_URL is empty");
  return { urls: [first, ...rest], cluster: cluster || rest.length > 0 };
}

/** A server that was demoted answers READONLY (6.2 within a longer text): find its successor, and send again. */
function resendElsewhere(error: Error): false | 2 {
  return /\bREADONLY\b/.test(error.message) ? 2 : false;
}

export function connectRedis(
  address: RedisAddress,
  { failFast, onError }: { failFast: boolean; onError: (error: Error) => void },
): RedisClient {
  const options = {
    maxRetriesPerRequest: failFast ? 3 : null,
    reconnectOnError: resendElsewhere,
    connectTimeout: 5000,
    ...(failFast ? { commandTimeout: 5000 } : {}),
  };
  const retryStrategy = (tries: number) => Math.min(50 * 2 ** tries, 1000) * (0.5 + Math.random() / 2);
  const client = address.cluster
    ? new Cluster([...address.urls], { redisOptions: options, clusterRetryStrategy: retryStrategy })
    : new GatheringRedis(address.urls[0], { ...options, retryStrategy });
  client.on("error", onError);
  return client;
}

/**
 * Commands that are given before the event loop turns to something else leave in one write to the socket, in their
 * order and without waiting for anything: a write is a system call, and costs more than making the command.
 */
class GatheringRedis extends Redis {
  override sendCommand(command: Command, stream?: Parameters<Redis["sendCommand"]>[1]): unknown {
    // Absent before the first connection; a new one has a socket of its own, which knows nothing of this one's cork.
    const socket: Redis["stream"] | undefined = this.stream;
    if (socket?.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    return super.sendCommand(command, stream);
  }
}

export type RedisFault = { severity: "error" | "warning"; message: string; fix: string };

/**
 * What makes a given Redis unfit: eviction (it would forget tasks; an error), no append-only file (a crash
 * would forget them; a warning), a version without what the scripts use (an error).
 */
export async function inspectRedis(redis: RedisClient): Promise<RedisFault[]> {
  const info = await redis.info();
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const faults: RedisFault[] = [];
  const version = field("redis_version") ?? "0";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    faults.push({
      severity: "error",
      message: `Redis ${version} is too old: 6.2 or later is needed`,
      fix: "upgrade the server, or unset REDIS_URL to let Pawl run its own",
    });
  }
  const policy = field("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") {
    faults.push({
      severity: "error",
      message: `this Redis evicts keys (maxmemory-policy ${policy}): it would forget tasks and money`,
      fix: "redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf",
    });
  }
  if (field("aof_enabled") === "0") {
    faults.push({
      severity: "warning",
      message: "this Redis keeps no append-only file: what was acknowledged is lost when it crashes",
      fix: "redis-cli CONFIG SET appendonly yes, CONFIG SET appendfsync always, and the same in redis.conf",
    });
  }
  return faults;
}
