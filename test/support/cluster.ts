/** A Redis Cluster of a test file's own: three masters on loopback that share the slots, gone when the file ends. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort, type RedisServer, startRedis } from "@pawl/local-redis";
import { connectRedis, parseRedisAddress, type Store } from "@pawl/store";
import { afterAll, vi } from "vitest";

export type OwnCluster = {
  /** Every node, as `REDIS_URL` takes them. */
  url: string;
  nodes: ClusterNode[];
  /** The node that keeps the key. */
  nodeOf(key: string): Promise<ClusterNode>;
};

export type ClusterNode = { server: RedisServer; redis: Store["redis"]; firstSlot: number; lastSlot: number };

const MASTERS = 3;
const SLOTS = 16_384;
/** The nodes talk to each other on a port of their own, so far above the one for clients. */
const BUS_OFFSET = 10_000;
const COMPLETE = /cluster_state:ok[\s\S]*cluster_known_nodes:3/;
const POLL = { timeout: 20_000, interval: 20 };

export async function ownCluster(): Promise<OwnCluster> {
  const dir = await mkdtemp(join(tmpdir(), "pawl-cluster-"));
  afterAll(() => rm(dir, { recursive: true, force: true }));
  const nodes: ClusterNode[] = [];
  for (let i = 0; i < MASTERS; i += 1) nodes.push(await startNode(dir, i));

  const [first, ...others] = nodes;
  if (first === undefined) throw new Error("a cluster has nodes");
  await Promise.all(nodes.map(takeSlots));
  for (const { server } of others)
    await first.redis.call("cluster", "meet", "127.0.0.1", String(server.port));
  for (const { redis } of nodes) {
    const state = async () => String(await redis.call("cluster", "info"));
    await vi.waitUntil(async () => COMPLETE.test(await state()), POLL);
  }
  return {
    url: nodes.map(({ server }) => server.url).join(","),
    nodes,
    async nodeOf(key) {
      const slot = Number(await first.redis.call("cluster", "keyslot", key));
      const owner = nodes.find(({ firstSlot, lastSlot }) => firstSlot <= slot && slot <= lastSlot);
      if (owner === undefined) throw new Error(`nobody has slot ${slot}`);
      return owner;
    },
  };
}

async function startNode(dir: string, i: number): Promise<ClusterNode> {
  const server = await startRedis({
    dir: join(dir, String(i)),
    log: () => {},
    port: await findClusterPort(),
    appendfsync: "everysec",
    extraArgs: ["--cluster-enabled", "yes", "--cluster-node-timeout", "5000"],
  });
  const redis = connectRedis(parseRedisAddress(server.url), { failFast: true, onError: () => {} });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  const firstSlot = Math.floor((i * SLOTS) / MASTERS);
  return { server, redis, firstSlot, lastSlot: Math.floor(((i + 1) * SLOTS) / MASTERS) - 1 };
}

async function takeSlots({ redis, firstSlot, lastSlot }: ClusterNode): Promise<void> {
  const slots = Array.from({ length: lastSlot - firstSlot + 1 }, (_, i) => String(firstSlot + i));
  await redis.call("cluster", "addslots", ...slots);
  // Nodes that meet with the same epoch would have to sort that out among themselves first.
  await redis.call("cluster", "set-config-epoch", String(firstSlot + 1));
}

/** Free, and so is the port of the bus that goes with it. */
async function findClusterPort(): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const port = await findFreePort();
    if (port + BUS_OFFSET < 65_536 && (await isFree(port + BUS_OFFSET))) return port;
  }
  throw new Error("no free port for a cluster's node");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
