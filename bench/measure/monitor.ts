/**
 * Every command that a Redis gets, as its MONITOR tells them, over a connection of our own: a client library may take
 * the first of these lines for the reply to its command.
 */
import { connect } from "node:net";
import { createInterface } from "node:readline";

export type SeenCommand = {
  name: string;
  /** The address of the client, or `lua` for what a script does. */
  source: string;
  /** The whole line, arguments quoted and escaped. */
  text: string;
};

/** Resolves once Redis tells; the returned function ends it. */
export async function monitor(redisUrl: string, tell: (command: SeenCommand) => void): Promise<() => void> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  const started = Promise.withResolvers<void>();
  socket.once("error", started.reject);
  createInterface({ input: socket }).on("line", (text) => {
    if (text === "+OK") return started.resolve();
    const parts = /^\+[\d.]+ \[\d+ (\S+)\] "([^"]*)"/.exec(text);
    if (parts !== null) tell({ source: parts[1] ?? "", name: (parts[2] ?? "").toLowerCase(), text });
  });
  socket.write("MONITOR\r\n");
  await started.promise;
  return () => socket.destroy();
}
