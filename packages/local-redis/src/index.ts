/**
 * Finds or fetches a real Redis, starts it privately and shares it between the processes of one machine.
 * Node built-ins only, so that it works on the first run of a fresh clone.
 */
export { type AptProgram, downloadWithApt } from "./apt-download.ts";
export { type FileLock, type LockHolder, lockHolder, tryFileLock, withFileLock } from "./file-lock.ts";
export { type FindRedisOptions, findRedisBinary, type RedisBinary, whichAll } from "./find-redis.ts";
export { findFreePort } from "./free-port.ts";
export { RedisUnavailableError } from "./redis-unavailable.ts";
export {
  type ResolvedRedis,
  type ResolveRedisOptions,
  resolveRedis,
  runningRedisUrl,
} from "./resolve-redis.ts";
export { type RedisServer, type StartRedisOptions, startRedis } from "./start-redis.ts";
