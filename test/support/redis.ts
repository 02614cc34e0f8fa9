/** A real Redis of a test file's own, on a free port, gone when the file ends. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisServer, type StartRedisOptions, startRedis } from "@pawl/local-redis";
import { afterAll } from "vitest";

export async function ownRedis(options: Partial<StartRedisOptions> = {}): Promise<RedisServer> {
  const dir = await mkdtemp(join(tmpdir(), "pawl-redis-"));
  const server = await startRedis({ dir, log: () => {}, appendfsync: "everysec", ...options });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });
  return server;
}
