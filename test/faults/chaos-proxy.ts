/**
 * The network between one process and Redis, at its worst: it loses the reply of a script that was executed, cuts
 * a connection, or stops forwarding without a word. Bytes that were held up may arrive late, as on a real network:
 * a command can reach Redis long after its sender was given up for dead.
 */
import { connect, createServer, type Socket } from "node:net";

/** How a connection that fell silent comes back: what was held up arrives late, or it is cut and that is lost. */
export type Thaw = "late" | "cut";

export type ChaosProxy = {
  port: number;
  /** The next so many scripts are executed, their replies thrown away, their connections cut. */
  dropReplies(count: number): void;
  /** Cuts one connection; `choice` in [0, 1) says which. false: there is none. */
  cut(choice: number): boolean;
  /** One connection falls silent in both directions; the returned function ends that. undefined: there is none. */
  freezeOne(choice: number): ((how: Thaw) => void) | undefined;
  /** All connections fall silent, those that are made meanwhile included. */
  freezeAll(): (how: Thaw) => void;
  /** No fault remains: what is silent is cut, no reply is dropped any more. */
  heal(): void;
  /** Replies thrown away so far. */
  droppedReplies(): number;
  close(): Promise<void>;
};

type Link = { client: Socket; upstream: Socket; frozen: boolean; dropsReply: boolean };

/** `targetPort` is Redis'; it may come and go. */
export async function openChaosProxy(targetPort: number): Promise<ChaosProxy> {
  const links = new Set<Link>();
  let repliesToDrop = 0;
  let dropped = 0;
  let partitions = 0;

  const server = createServer((client) => {
    const upstream = connect(targetPort, "127.0.0.1");
    const link: Link = { client, upstream, frozen: false, dropsReply: false };
    links.add(link);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.once("close", () => cutLink(link));
    }
    client.on("data", (chunk: Buffer) => {
      if (
        repliesToDrop > 0 &&
        !link.dropsReply &&
        /\r\n(?:evalsha|fcall)\r\n/i.test(chunk.toString("latin1"))
      ) {
        repliesToDrop -= 1;
        link.dropsReply = true;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (!link.dropsReply) return client.write(chunk);
      dropped += 1;
      cutLink(link);
    });
    if (partitions > 0) freeze(link);
  });

  function cutLink(link: Link): void {
    // A silent connection stays silent, whoever hangs up behind it: only its thaw ends it.
    if (link.frozen && !link.client.destroyed && link.upstream.destroyed) return;
    links.delete(link);
    link.client.destroy();
    link.upstream.destroy();
  }

  function thaw(link: Link, how: Thaw): void {
    if (!link.frozen) return;
    link.frozen = false;
    if (how === "cut" || link.upstream.destroyed) cutLink(link);
    else {
      link.client.resume();
      link.upstream.resume();
    }
  }

  const choose = (choice: number) => {
    const open = [...links].filter(({ frozen }) => !frozen);
    return open[Math.floor(choice * open.length)];
  };

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    dropReplies(count) {
      repliesToDrop += count;
    },
    cut(choice) {
      const link = choose(choice);
      if (link !== undefined) cutLink(link);
      return link !== undefined;
    },
    freezeOne(choice) {
      const link = choose(choice);
      if (link === undefined) return undefined;
      freeze(link);
      return (how) => thaw(link, how);
    },
    freezeAll() {
      partitions += 1;
      for (const link of links) freeze(link);
      let over = false;
      return (how) => {
        if (over) return;
        over = true;
        // Healed meanwhile: none is left to end.
        if (partitions > 0) partitions -= 1;
        if (partitions === 0) for (const link of [...links]) thaw(link, how);
      };
    },
    heal() {
      repliesToDrop = 0;
      partitions = 0;
      for (const link of [...links]) thaw(link, "cut");
    },
    droppedReplies: () => dropped,
    async close() {
      for (const link of links) {
        link.frozen = false;
        cutLink(link);
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function freeze(link: Link): void {
  link.frozen = true;
  link.client.pause();
  link.upstream.pause();
}
