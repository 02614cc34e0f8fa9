/** The proxy does what the fault suite believes of it: else the suite would prove nothing. */
import { connectRedis, parseRedisAddress } from "@pawl/store";
import { afterAll, describe, expect, it } from "vitest";
import { ownRedis } from "../support/redis.ts";
import { openChaosProxy } from "./chaos-proxy.ts";

const server = await ownRedis();
const proxy = await openChaosProxy(server.port);
afterAll(() => proxy.close());
const open = (port: number) => {
  const address = parseRedisAddress(`redis://127.0.0.1:${port}`);
  const client = connectRedis(address, { failFast: false, onError: () => {} });
  afterAll(() => client.disconnect());
  return client;
};
const witness = open(server.port);
const client = open(proxy.port);
const load = (script: string) => witness.script("LOAD", script) as Promise<string>;

describe("the network at its worst", () => {
  it("throws away the reply of a script that was executed, so that the client sends it again", async () => {
    const sha = await load("return redis.call('INCR', KEYS[1])");
    await client.evalsha(sha, 1, "n");
    proxy.dropReplies(1);
    expect(await client.evalsha(sha, 1, "n")).toBe(3);
    expect(proxy.droppedReplies()).toBe(1);
  });

  it("holds up what a silent connection carries, and lets it arrive late", async () => {
    await client.ping();
    const thaw = proxy.freezeOne(0);
    let answered = false;
    const late = client.set("late", "1").then(() => {
      answered = true;
    });
    expect(await open(proxy.port).get("late")).toBeNull();
    expect(answered).toBe(false);
    thaw?.("late");
    await late;
    expect(await witness.get("late")).toBe("1");
  });

  it("separates a process from Redis altogether, its new connections too", async () => {
    const thaw = proxy.freezeAll();
    const [old, fresh] = [client.set("old", "1"), open(proxy.port).set("fresh", "1")];
    expect(await witness.mget("old", "fresh")).toEqual([null, null]);
    thaw("cut");
    await Promise.all([old, fresh]);
    expect(await witness.mget("old", "fresh")).toEqual(["1", "1"]);
  });

  it("is healed at once", async () => {
    proxy.dropReplies(5);
    proxy.freezeAll();
    const said = client.ping();
    proxy.heal();
    expect(await said).toBe("PONG");
    expect(proxy.droppedReplies()).toBe(1);
  });
});
