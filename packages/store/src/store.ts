/** The one thing that is opened and closed: the connection, its scripts, the codec, the queues. */
import { type Codec, compressingCodec } from "./codec.ts";
import { connectRedis, type RedisAddress } from "./connect.ts";
import { openQueues, type Queues } from "./queue.ts";
import { loadScripts, type Scripts } from "./script-texts.ts";
import type { RedisClient } from "./scripts.ts";

export type Store = {
  readonly address: RedisAddress;
  readonly redis: RedisClient;
  readonly scripts: Scripts;
  readonly codec: Codec;
  /** Where legs of tasks, and where tries of deliveries, wait for a worker. */
  readonly queues: Queues;
  /** How long a finished task is kept. */
  readonly retentionMs: number;
  readonly seats: Seats;
  close(): Promise<void>;
};

/** How many tasks may be in the queue or with a worker at a time. */
export type Seats = { perUser: number; perTenant: number };

export const DEFAULT_SEATS: Seats = { perUser: 20, perTenant: 10_000 };

export const DEFAULT_RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

export type StoreOptions = {
  address: RedisAddress;
  codec?: Codec;
  retentionMs?: number;
  seats?: Seats;
  /**
   * true (an api): a command fails after a few seconds without Redis, so that a caller gets his 503.
   * false (a worker): commands wait until Redis is back; its steps are safe to send again.
   */
  failFast: boolean;
  onError?: (error: Error) => void;
};

/** Does not wait for Redis: the first command does. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { address, codec = compressingCodec, failFast } = options;
  const { retentionMs = DEFAULT_RETENTION_MS, seats = DEFAULT_SEATS } = options;
  const onError = options.onError ?? (() => {});
  const scripts = await loadScripts();
  const redis = connectRedis(address, { failFast, onError });
  const queues = openQueues(redis, onError);
  return {
    address,
    redis,
    scripts,
    codec,
    queues,
    retentionMs,
    seats,
    async close() {
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}
