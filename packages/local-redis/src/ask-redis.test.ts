import { createServer } from "node:net";
import { afterAll, expect, test } from "vitest";
import { askRedis, readServerState } from "./ask-redis.ts";

const servers: { close(): void }[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

/** A server that answers every connection with these bytes, a few at a time. */
async function answering(text: string): Promise<{ host: string; port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += 3) socket.write(bytes.subarray(at, at + 3));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { host: "127.0.0.1", port: address.port };
}

test("replies of every kind are read, however the bytes are cut", async () => {
  const address = await answering(
    "+PONG\r\n:42\r\n$6\r\nhé\r\n!\r\n*2\r\n$-1\r\n*1\r\n+x\r\n-ERR no\r\n$0\r\n\r\n",
  );
  const commands = ["A", "B", "C", "D", "E", "F"].map((name) => [name]);
  const replies = await askRedis(address, commands, 1_000);
  expect(replies).toEqual(["PONG", 42, "hé\r\n!".slice(0, 5), [null, ["x"]], { error: "ERR no" }, ""]);
});

test("a server that is loading is not ready", async () => {
  const address = await answering("-LOADING Redis is loading\r\n$18\r\nprocess_id:7\r\nab:c\r\n");
  expect(await readServerState(address, 1_000)).toMatchObject({ state: "loading", pid: 7 });
});

test("a server that wants another password is refusing, not ready", async () => {
  const address = await answering("-NOAUTH Authentication required.\r\n-NOAUTH Authentication required.\r\n");
  expect(await readServerState(address, 1_000)).toMatchObject({ state: "refusing" });
});

test("silence, a closed port and a server of another kind are errors", async () => {
  await expect(askRedis(await answering(""), [["PING"]], 50)).rejects.toThrow("no answer within 50 ms");
  await expect(askRedis({ host: "127.0.0.1", port: 1 }, [["PING"]], 1_000)).rejects.toThrow("ECONNREFUSED");
  const web = await readServerState(await answering("HTTP/1.1 400 Bad Request\r\n\r\n"), 50).catch(
    () => "error",
  );
  expect(web).toBe("error");
});
