/**
 * Hands the library of scripts to Redis, which keeps it like data: it outlives restarts and goes to replicas. Each version
 * of the scripts has a library of its own, so that during a deploy the old processes and the new ones run side by side.
 */
import { Cluster, type Redis } from "ioredis";
import { LIBRARY_PREFIX, type Library } from "./script-texts.ts";
import type { RedisClient } from "./scripts.ts";

/** More versions than ever run at a time. Of a library that is dropped too early its processes load it again. */
const LIBRARIES_KEPT = 8;

export async function loadLibrary(redis: RedisClient, library: Library): Promise<void> {
  // Which node of a cluster did not know it nobody says. One that is down need not know it.
  const nodes = redis instanceof Cluster ? redis.nodes("master") : [redis];
  const loads = await Promise.allSettled(nodes.map((node) => loadOn(node, library)));
  const failed = loads.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected" && loads.every(({ status }) => status === "rejected"))
    throw failed.reason;
}

async function loadOn(node: Redis, { name, text }: Library): Promise<void> {
  await node.call("function", "LOAD", "REPLACE", text);
  // Thrift alone: what fails here the next version's first process tries again.
  await dropStale(node, name).catch(() => {});
}

async function dropStale(node: Redis, ours: string): Promise<void> {
  const libraries = (await node.call("function", "LIST", "LIBRARYNAME", `${LIBRARY_PREFIX}*`)) as unknown[][];
  if (libraries.length <= LIBRARIES_KEPT) return;
  for (const library of libraries) {
    const name = library[library.indexOf("library_name") + 1];
    if (typeof name === "string" && name !== ours) await node.call("function", "DELETE", name);
  }
}
