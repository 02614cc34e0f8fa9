/**
 * A primary with one replica, and the one address by which everybody knows whichever of them leads: what a Sentinel
 * with a virtual IP gives. The link between the two can be held, and then the replica learns nothing more: what it
 * does not know when the primary dies is lost for certain. (A replica that is merely stopped reads the rest from its
 * socket as soon as it goes on.)
 */
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RedisServer, startRedis } from "@pawl/local-redis";
import { openStore, parseRedisAddress, type Store } from "@pawl/store";
import { afterAll, vi } from "vitest";

/** One of the two servers, asked directly. */
export type Member = { server: RedisServer; store: Store };

export type ReplicatedRedis = {
  /** The address that stays. */
  url: string;
  primary(): Member;
  replica(): Member;
  /** From now on nothing passes between the two, in either direction; both believe in each other for a minute. */
  holdLink(): void;
  releaseLink(): void;
  /** Resolves when the replica has all that the primary has acknowledged until now. */
  caughtUp(): Promise<void>;
  /** kill -9. What the link still held is gone. The address leads nowhere. */
  killPrimary(): Promise<void>;
  /** The address leads to the replica, which refuses to be written to; resolves when it has refused somebody. */
  pointToReplica(): Promise<void>;
  /** The replica leads, and gets a replica of its own. */
  promote(): Promise<void>;
};

export async function replicatedRedis(): Promise<ReplicatedRedis> {
  // The last thing to be registered is the first to be run: servers end before their folders go.
  const dir = await mkdtemp(join(tmpdir(), "pawl-replica-"));
  afterAll(() => rm(dir, { recursive: true, force: true }));
  let started = 0;
  const members: Member[] = [];
  afterAll(async () => {
    for (const { store } of members) await store.close();
    await Promise.all(members.map(({ server }) => server.stop()));
  });

  async function startMember(): Promise<Member> {
    started += 1;
    const server = await startRedis({
      dir: join(dir, String(started)),
      log: () => {},
      appendfsync: "everysec",
      // A new replica is served at once, not after the five seconds in which others might come as well.
      extraArgs: ["--repl-diskless-sync-delay", "0"],
    });
    const store = await openStore({ address: parseRedisAddress(server.url), failFast: true });
    const member = { server, store };
    members.push(member);
    return member;
  }

  const address = await openRelay();
  const link = await openRelay();

  async function joinReplica(): Promise<Member> {
    const joined = await startMember();
    link.pointTo(primary.server.port);
    await joined.store.redis.call("replicaof", "127.0.0.1", String(link.port));
    await vi.waitUntil(async () => (await info(joined, "replication")).includes("link_status:up"), POLL);
    return joined;
  }

  let primary = await startMember();
  address.pointTo(primary.server.port);
  let replica = await joinReplica();
  return {
    url: `redis://127.0.0.1:${address.port}`,
    primary: () => primary,
    replica: () => replica,
    holdLink: link.hold,
    releaseLink: link.release,
    async caughtUp() {
      const { redis } = primary.store;
      await redis.set("caught-up", "1");
      if ((await redis.wait(1, 4000)) === 0) throw new Error("the replica does not keep up");
    },
    async killPrimary() {
      process.kill(primary.server.pid, "SIGKILL");
      await primary.server.exited;
      link.pointTo(undefined);
      address.pointTo(undefined);
    },
    async pointToReplica() {
      address.pointTo(replica.server.port);
      await vi.waitUntil(async () => (await info(replica, "errorstats")).includes("READONLY"), POLL);
    },
    async promote() {
      await replica.store.redis.call("replicaof", "no", "one");
      primary = replica;
      replica = await joinReplica();
    },
  };
}

const POLL = { timeout: 15_000, interval: 20 };

function info({ store }: Member, section: string): Promise<string> {
  return store.redis.info(section);
}

type Relay = {
  port: number;
  /** Cuts every connection, with what was under way in it; new ones go there (undefined: nowhere). */
  pointTo(port: number | undefined): void;
  /** What comes is not read any more, until `release`. */
  hold(): void;
  release(): void;
};

async function openRelay(): Promise<Relay> {
  let target: number | undefined;
  let held = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (target === undefined) return client.destroy();
    const upstream = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (chunk: Buffer) => to.write(chunk));
      from.on("error", () => {});
      from.once("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      if (held) from.pause();
    }
  });
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(async () => {
    cutAll();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  return {
    port: address.port,
    pointTo(port) {
      target = port;
      held = false;
      cutAll();
    },
    hold() {
      held = true;
      for (const socket of sockets) socket.pause();
    },
    release() {
      held = false;
      for (const socket of sockets) socket.resume();
    },
  };
}
