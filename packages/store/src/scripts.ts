/**
 * Loads the Lua scripts and runs them by their digest. A script is its parts, in order, then its own file;
 * Redis keeps it under its SHA-1 and is handed the text again whenever it has forgotten it.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Cluster, Redis } from "ioredis";
import { globalKeys, names } from "./keys.ts";

export type RedisClient = Redis | Cluster;
export type ScriptArgument = string | number | Buffer;
/** What a script replies: nested arrays of bytes and integers. */
export type ScriptReply = Buffer | number | null | ScriptReply[];

const parts = ["context", "task", "money", "admission", "transition", "line"] as const;
const scriptNames = ["submit", "claim", "step", "signal", "resume", "forget", "deliver"] as const;
export type ScriptName = (typeof scriptNames)[number];

const DAY_MS = 24 * 60 * 60 * 1000;
const settings = {
  controlChannel: globalKeys.controlChannel,
  accountKeptMs: String(40 * DAY_MS), // after its window, longer than any retention of the reports about it
  sweepGraceMs: String(DAY_MS), // how much longer than its retention a task lives where no sweeper runs
};

type Script = { text: string; sha: string };
export type Scripts = Readonly<Record<ScriptName, Script>>;

export async function loadScripts(): Promise<Scripts> {
  const read = (file: string) => readFile(new URL(`./scripts/${file}.lua`, import.meta.url), "utf8");
  const shared = await Promise.all(parts.map((part) => read(`parts/${part}`)));
  const preamble = [luaTable("names", names), luaTable("settings", settings), ...shared].join("\n");
  const entries = await Promise.all(
    scriptNames.map(async (name) => {
      const text = `${preamble}\n${await read(name)}`;
      return [name, { text, sha: createHash("sha1").update(text).digest("hex") }] as const;
    }),
  );
  return Object.fromEntries(entries) as Scripts;
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
