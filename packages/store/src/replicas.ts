/**
 * Replication in Redis is asynchronous: a primary that dies may have acknowledged what no replica has. Where replicas
 * are connected, `WAIT 1` tells whether one of them has everything that was written until now.
 */
import { connectRedis } from "./connect.ts";
import { globalKeys } from "./keys.ts";
import type { RedisClient } from "./scripts.ts";
import type { Store } from "./store.ts";

const ACKNOWLEDGED_WITHIN_MS = 1000;
/** How often it is asked whether there are replicas at all: without them a step must not cost a round trip more. */
const LOOK_EVERY_MS = 10_000;

export type Replicas = {
  /** "none": replicas are connected, but none acknowledged in time. */
  acknowledge(): Promise<"acknowledged" | "none" | "no replicas">;
  close(): void;
};

export function openReplicas(store: Store, onError: (error: Error) => void): Replicas {
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let connected = false;
  // WAIT blocks its connection, which must not be the one that everybody's steps go through.
  let waiting: RedisClient | undefined;

  async function areConnected(): Promise<boolean> {
    if (performance.now() - lookedAtMs > LOOK_EVERY_MS) {
      const info = await store.redis.info("replication");
      connected = Number(/^connected_slaves:(\d+)/m.exec(info)?.[1] ?? 0) > 0;
      lookedAtMs = performance.now();
    }
    return connected;
  }

  async function ask(connection: RedisClient): Promise<"acknowledged" | "none"> {
    try {
      // WAIT speaks of its own connection's writes: this one comes after all that the steps have written.
      await connection.set(globalKeys.replicated, "1", "PX", LOOK_EVERY_MS);
      return (await connection.wait(1, ACKNOWLEDGED_WITHIN_MS)) > 0 ? "acknowledged" : "none";
    } catch (error) {
      // Sent again after a failover, it may meet a server that is still a replica.
      onError(error instanceof Error ? error : new Error(String(error)));
      return "none";
    }
  }

  // One question at a time, since they queue behind each other; who comes while one is under way shares the next.
  let underWay: Promise<unknown> = Promise.resolve();
  let next: Promise<"acknowledged" | "none"> | undefined;

  return {
    async acknowledge() {
      if (store.address.cluster || !(await areConnected())) return "no replicas";
      waiting ??= connectRedis(store.address, { failFast: false, onError });
      const connection = waiting;
      next ??= underWay.then(() => {
        next = undefined;
        const asked = ask(connection);
        underWay = asked;
        return asked;
      });
      return next;
    },
    close: () => waiting?.disconnect(),
  };
}
