/**
 * A TCP proxy before Redis that loses replies: every n-th script is executed, its reply thrown away and the
 * connection cut. What a client sees is what he sees of a network that breaks at the worst moment.
 */
import { connect, createServer, type Socket } from "node:net";
import { afterAll } from "vitest";

export type LossyProxy = {
  url: string;
  /** How many replies were thrown away. */
  lost(): number;
};

export async function lossyProxy(redisUrl: string, everyNth: number): Promise<LossyProxy> {
  const target = new URL(redisUrl);
  let scripts = 0;
  let lost = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let dropReply = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (chunk: Buffer) => {
      // Only our own scripts are counted: they come with the tenant's base as their one key.
      if (/(evalsha|fcall)/i.test(chunk.toString("latin1")) && chunk.includes("pawl:{")) {
        scripts += 1;
        dropReply ||= scripts % everyNth === 0;
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (!dropReply) return client.write(chunk);
      lost += 1;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const url = new URL(redisUrl);
  url.port = String(address.port);
  url.hostname = "127.0.0.1";
  return { url: url.toString(), lost: () => lost };
}
