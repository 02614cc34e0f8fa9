/**
 * Loads the Lua scripts and runs them by their digest. A script is its file, with the shared parts that it includes;
 * Redis keeps it under its SHA-1 and is handed the text again whenever it has forgotten it.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Cluster, Redis } from "ioredis";
import { globalKeys, isKeyKind, names } from "./keys.ts";

export type RedisClient = Redis | Cluster;
export type ScriptArgument = string | number | Buffer;
/** What a script replies: nested arrays of bytes and integers. */
export type ScriptReply = Buffer | number | null | ScriptReply[];

const scriptNames = [
  "submit",
  "claim",
  "step",
  "signal",
  "resume",
  "archive",
  "forget",
  "deliver",
  "limit",
  "rollup",
] as const;
export type ScriptName = (typeof scriptNames)[number];

const DAY_MS = 24 * 60 * 60 * 1000;
const settings = {
  controlChannel: globalKeys.controlChannel,
  accountKeptMs: String(40 * DAY_MS), // after it was used last: longer than the longest window
  sweepGraceMs: String(DAY_MS), // how much longer than its retention a task lives where no sweeper runs
};

type Script = { text: string; sha: string };
export type Scripts = Readonly<Record<ScriptName, Script>>;

export async function loadScripts(): Promise<Scripts> {
  const read = (file: string) => readFile(new URL(`./scripts/${file}.lua`, import.meta.url), "utf8");
  const context = `${luaTable("settings", settings)}\n${await read("parts/context")}`;
  const entries = await Promise.all(
    scriptNames.map(async (name) => {
      const text = withPrefixes(`${context}\n${await withParts(await read(name), read)}`);
      return [name, { text, sha: createHash("sha1").update(text).digest("hex") }] as const;
    }),
  );
  return Object.fromEntries(entries) as Scripts;
}

/** `-- include: part, part` becomes the text of those parts: defining functions costs a script time at each call. */
async function withParts(script: string, read: (file: string) => Promise<string>): Promise<string> {
  const pieces = script.split(/^ *-- include: (.*)$/m);
  const texts = pieces.map(async (piece, i) =>
    i % 2 === 0
      ? piece
      : (await Promise.all(piece.split(", ").map((part) => read(`parts/${part}`)))).join("\n"),
  );
  return (await Promise.all(texts)).join("");
}

/** `key(base, 'kind'` gets the kind's prefix: names are written once for both languages, and cost a script nothing. */
function withPrefixes(script: string): string {
  return script.replace(/\bkey\(([\w.]+), '(\w+)'/g, (_, base: string, kind: string) => {
    if (!isKeyKind(kind)) throw new RangeError(`a script names a key of no known kind: ${kind}`);
    return `key(${base}, ':${names[kind]}'`;
  });
}

/** Texts on their way to a server that did not know them. */
const introducing = new WeakMap<RedisClient, Map<string, Promise<unknown>>>();

/**
 * One round trip; two the first time a server sees the script. Errors of Redis and of the wire are thrown. Of many
 * callers that find it unknown one sends its text: thousands of texts at once would block Redis for seconds.
 */
export async function runScript(
  redis: RedisClient,
  script: Script,
  base: string,
  argv: readonly ScriptArgument[],
): Promise<ScriptReply> {
  try {
    return (await redis.callBuffer("evalsha", script.sha, 1, base, ...argv)) as ScriptReply;
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
  }
  const ours = introducing.get(redis) ?? new Map<string, Promise<unknown>>();
  introducing.set(redis, ours);
  // On a cluster the base names the server.
  const which = `${script.sha} ${base}`;
  const underWay = ours.get(which);
  if (underWay !== undefined) {
    await underWay.catch(() => {});
    return runScript(redis, script, base, argv);
  }
  const run = redis.callBuffer("eval", script.text, 1, base, ...argv) as Promise<ScriptReply>;
  ours.set(which, run);
  return run.finally(() => ours.delete(which));
}

function luaTable(name: string, entries: Record<string, string>): string {
  const members = Object.entries(entries).map(([member, value]) => `${member} = '${value}'`);
  return `local ${name} = { ${members.join(", ")} }`;
}
