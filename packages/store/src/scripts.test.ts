import { Redis } from "ioredis";
import { afterAll, describe, expect, test } from "vitest";
import { ownRedis } from "../../../test/support/redis.ts";
import { tenantBase } from "./keys.ts";
import { loadScripts } from "./script-texts.ts";
import { runScript } from "./scripts.ts";

const { url } = await ownRedis();
const { limit } = await loadScripts();
const clients: Redis[] = [];
afterAll(() => {
  for (const client of clients) client.disconnect();
});

function connected(user?: string): Redis {
  const client = user === undefined ? new Redis(url) : new Redis(url, { username: user, password: "secret" });
  clients.push(client);
  return client;
}

const admin = connected();

/** A connection that may not do some of what others may. */
async function restricted(user: string, ...denied: string[]): Promise<Redis> {
  await admin.call("ACL", "SETUSER", user, "on", ">secret", "~*", "&*", "+@all", ...denied);
  return connected(user);
}

/** How often each kind of command was run, refused ones included. */
async function calls(command: string): Promise<number> {
  const info = await admin.info("commandstats");
  const found = new RegExp(
    `^cmdstat_${command.replace("|", "\\|")}:calls=(\\d+).*?rejected_calls=(\\d+)`,
    "m",
  ).exec(info);
  return Number(found?.[1] ?? 0) + Number(found?.[2] ?? 0);
}

/** Reads an account that nobody has: its reply says nothing of a state. */
const ask = (client: Redis) =>
  runScript(client, limit, tenantBase("acme"), ["pawl:{acme}:account:tenant", ""]);

async function libraries(): Promise<string[]> {
  const list = (await admin.call("function", "LIST")) as unknown[][];
  return list.map((library) => String(library[library.indexOf("library_name") + 1]));
}

async function forgetAll(): Promise<void> {
  await admin.call("function", "FLUSH");
  await admin.script("FLUSH");
  await admin.config("RESETSTAT");
}

describe("a script", () => {
  test("is a function: one call, once the library is loaded", async () => {
    await forgetAll();
    const client = connected();
    await ask(client);
    await admin.config("RESETSTAT");
    expect(await ask(client)).toHaveLength(9);
    expect([await calls("fcall"), await calls("evalsha"), await calls("function\\|load")]).toEqual([1, 0, 0]);
  });

  test("is handed over once, however many callers find it unknown at the same moment", async () => {
    await forgetAll();
    const client = connected();
    const replies = await Promise.all(Array.from({ length: 50 }, () => ask(client)));
    expect(replies.every((reply) => Array.isArray(reply) && reply.length === 9)).toBe(true);
    expect(await calls("function\\|load")).toBe(1);
  });

  test("is handed over again to a server that has forgotten it", async () => {
    const client = connected();
    await ask(client);
    await forgetAll();
    expect(await ask(client)).toHaveLength(9);
  });

  test.each([
    ["functions", ["-function", "-fcall"]],
    ["loading them", ["-function"]],
  ])("runs by its digest, with the same reply, where the server denies %s", async (_, denied) => {
    await forgetAll();
    const client = await restricted(`without-${denied.length}`, ...denied);
    const replies = await Promise.all(Array.from({ length: 50 }, () => ask(client)));
    expect(await calls("eval")).toBe(1);
    const tried = await calls("fcall");
    expect(await ask(client)).toEqual(replies[0]);
    expect(await calls("fcall")).toBe(tried);
    expect(replies[0]).toEqual(await ask(connected()));
  });
});

describe("libraries of earlier versions", () => {
  const load = (name: string) =>
    admin.call(
      "function",
      "LOAD",
      `#!lua name=${name}\nredis.register_function('${name}_f', function() return 1 end)`,
    );

  test("stay while there are few, for processes that still run them", async () => {
    await forgetAll();
    await load("pawl_earlier");
    await ask(connected());
    expect((await libraries()).sort()).toEqual([limit.library.name, "pawl_earlier"].sort());
  });

  test("go when they have become many, and nobody else's does", async () => {
    await forgetAll();
    for (let i = 0; i < 8; i++) await load(`pawl_earlier${i}`);
    await load("neighbour");
    await ask(connected());
    expect((await libraries()).sort()).toEqual(["neighbour", limit.library.name].sort());
  });
});
