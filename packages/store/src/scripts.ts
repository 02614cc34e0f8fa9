/**
 * Runs the scripts: as functions where the server has them, by their digest where it has not. Redis may forget either
 * at any time (a restart, a failover, a node new to the cluster); then it is handed the text and asked again.
 */
import { Cluster, type Redis } from "ioredis";
import { LIBRARY_PREFIX, type Library, type Script } from "./script-texts.ts";

export type RedisClient = Redis | Cluster;
export type ScriptArgument = string | number | Buffer;
/** What a script replies: nested arrays of bytes and integers. */
export type ScriptReply = Buffer | number | null | ScriptReply[];

/**
 * One round trip; more the first time a server sees the script. Errors of Redis and of the wire are thrown, and those
 * of a server that does not know the script come before it has run.
 */
export async function runScript(
  redis: RedisClient,
  script: Script,
  base: string,
  argv: readonly ScriptArgument[],
): Promise<ScriptReply> {
  if (withoutFunctions.has(redis)) return runText(redis, script, base, argv);
  try {
    return (await redis.callBuffer("fcall", script.functionName, 1, base, ...argv)) as ScriptReply;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (isDenied(error)) withoutFunctions.add(redis);
    else if (!error.message.startsWith("ERR Function not found")) throw error;
  }
  if (!withoutFunctions.has(redis)) await introduce(redis, script.library.name, () => loadLibrary(redis, script.library));
  return runScript(redis, script, base, argv);
}

/** Servers before Redis 7, services that leave functions out, users whose ACL forbids them. */
const withoutFunctions = new WeakSet<RedisClient>();

function isDenied({ message }: Error): boolean {
  return /^(NOPERM|ERR unknown|ERR Unknown)/.test(message);
}

async function loadLibrary(redis: RedisClient, { text }: Library): Promise<void> {
  // Which node of a cluster did not know it is not told.
  const nodes = redis instanceof Cluster ? redis.nodes("master") : [redis];
  try {
    await Promise.all(nodes.map((node) => node.call("function", "LOAD", "REPLACE", text)));
  } catch (error) {
    if (!(error instanceof Error && isDenied(error))) throw error;
    withoutFunctions.add(redis);
  }
}

async function runText(
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
  return (await redis.callBuffer("eval", script.text, 1, base, ...argv)) as ScriptReply;
}

const introducing = new WeakMap<RedisClient, Map<string, Promise<unknown>>>();
async function introduce(redis: RedisClient, what: string, run: () => Promise<unknown>): Promise<void> {
  const ours = introducing.get(redis) ?? new Map<string, Promise<unknown>>();
  introducing.set(redis, ours);
  const underWay = ours.get(what);
  if (underWay) return void (await underWay);
  const p = run();
  ours.set(what, p);
  await p.finally(() => ours.delete(what));
}
void LIBRARY_PREFIX;
