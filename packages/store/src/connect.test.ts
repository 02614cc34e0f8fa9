import { once } from "node:events";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownStore } from "../../../test/support/store.ts";
import { connectRedis } from "./connect.ts";

let redis: Redis;

beforeAll(async () => {
  const { address } = await ownStore();
  const client = connectRedis(address, { failFast: false, onError: () => {} });
  if (!(client instanceof Redis)) throw new Error("one server is no cluster");
  redis = client;
  await redis.ping();
});

afterAll(() => redis.disconnect());

/** How many writes the socket is asked for while `work` runs; its system calls, as far as Node can tell. */
async function writesDuring(work: () => Promise<unknown>): Promise<number> {
  const { stream } = redis;
  const { _write, _writev } = stream;
  let writes = 0;
  stream._write = (...chunk) => {
    writes += 1;
    _write.apply(stream, chunk);
  };
  stream._writev = (...chunks) => {
    writes += 1;
    _writev?.apply(stream, chunks);
  };
  await work();
  Object.assign(stream, { _write, _writev });
  return writes;
}

test("commands that are given together leave in one write, and are answered in their order", async () => {
  let answers: unknown[] = [];
  const writes = await writesDuring(async () => {
    await redis.set("gathered", 0);
    answers = await Promise.all([redis.incr("gathered"), redis.incr("gathered"), redis.get("gathered")]);
  });
  expect(answers).toEqual([1, 2, "2"]);
  expect(writes).toBe(2);
});

test("a command waits for no other: what is given one after another leaves so", async () => {
  const writes = await writesDuring(async () => {
    await redis.ping();
    await redis.ping();
    await redis.ping();
  });
  expect(writes).toBe(3);
});

test("commands given just before the connection breaks are answered after it stands again", async () => {
  const before = redis.stream;
  const answers = Promise.all([redis.ping("one"), redis.ping("two")]);
  before.destroy();
  await once(redis, "ready");
  expect(await answers).toEqual(["one", "two"]);
  expect(redis.stream).not.toBe(before);
  expect(redis.stream.writableCorked).toBe(0);
});

test("commands and a transaction between them keep their order", async () => {
  await redis.del("ordered");
  const [, , , list] = await Promise.all([
    redis.rpush("ordered", "a"),
    redis.multi().rpush("ordered", "b").rpush("ordered", "c").exec(),
    redis.rpush("ordered", "d"),
    redis.lrange("ordered", 0, -1),
  ]);
  expect(list).toEqual(["a", "b", "c", "d"]);
});
