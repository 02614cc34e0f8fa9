/** A real HTTP server on loopback for one test, which says exactly what it is told to. */
import { createServer, type RequestListener } from "node:http";
import { onTestFinished } from "vitest";

export type Peer = { url: string /** So far. */; connections: () => number };

export async function startPeer(answer: RequestListener): Promise<Peer> {
  let connections = 0;
  const server = createServer(answer).on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}`, connections: () => connections };
}

/** Resolves when the server finds that its client has gone before the answer was whole. */
export function gone(response: { once(event: "close", listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => response.once("close", resolve));
}
