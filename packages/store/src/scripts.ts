/**
 * Runs the scripts: as functions of a library where the server has those and lets us, else each by its digest (Redis 6.2,
 * services without functions, users whose ACL denies them). Redis may forget either at any time (a restart, a failover,
 * a node new to the cluster); then it is handed the text and asked again.
 */
import type { Cluster, Redis } from "ioredis";
import { loadLibrary } from "./library.ts";
import { ScriptCall } from "./script-call.ts";
import type { Script } from "./script-texts.ts";

export type RedisClient = Redis | Cluster;
export type ScriptArgument = string | number | Buffer;
/** What a script replies: nested arrays of bytes and integers. */
export type ScriptReply = Buffer | number | null | ScriptReply[];

/** Which of the two a server takes is found out by the first call over each connection. */
const withoutFunctions = new WeakSet<RedisClient>();

/** A node that forgets what it has been handed this often is not what it seems. */
const MOST_TRIES = 5;

/**
 * One round trip; more the first time a server sees the script. Errors of Redis and of the wire are thrown. What is sent
 * again was refused before it ran.
 */
export async function runScript(
  redis: RedisClient,
  script: Script,
  base: string,
  argv: readonly ScriptArgument[],
): Promise<ScriptReply> {
  for (let tries = 1; ; tries++) {
    const asFunction = !withoutFunctions.has(redis);
    try {
      return await (asFunction
        ? send(redis, "fcall", script.functionName, base, argv)
        : send(redis, "evalsha", script.sha, base, argv));
    } catch (error) {
      if (asFunction && isDenied(error)) withoutFunctions.add(redis);
      else if (!isForgotten(error) || tries === MOST_TRIES) throw error;
      else if (asFunction) await introduceLibrary(redis, script);
      else {
        const reply = await introduceText(redis, script, base, argv);
        if (reply !== undefined) return reply;
      }
    }
  }
}

function send(
  redis: RedisClient,
  how: "fcall" | "evalsha",
  name: string,
  base: string,
  argv: readonly ScriptArgument[],
): Promise<ScriptReply> {
  // Bytes that are no text are left to the client.
  const reply = isText(argv)
    ? redis.sendCommand(new ScriptCall(how, name, base, argv))
    : redis.callBuffer(how, name, 1, base, ...argv);
  return reply as Promise<ScriptReply>;
}

function isText(argv: readonly ScriptArgument[]): argv is readonly (string | number)[] {
  return !argv.some((argument) => typeof argument === "object");
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && /^(NOPERM|ERR unknown (sub)?command)/i.test(error.message);
}

function isForgotten(error: unknown): boolean {
  return error instanceof Error && /^(NOSCRIPT|ERR Function not found)/.test(error.message);
}

async function introduceLibrary(redis: RedisClient, { library }: Script): Promise<void> {
  const load = async () => {
    try {
      await loadLibrary(redis, library);
    } catch (error) {
      if (!isDenied(error)) throw error;
      withoutFunctions.add(redis);
    }
  };
  await once(redis, library.name, load);
}

/** The reply of the call that brought the text, or undefined where another one brings it. */
async function introduceText(
  redis: RedisClient,
  script: Script,
  base: string,
  argv: readonly ScriptArgument[],
): Promise<ScriptReply | undefined> {
  let reply: ScriptReply | undefined;
  // On a cluster the base names the server.
  await once(redis, `${script.sha} ${base}`, async () => {
    reply = (await redis.callBuffer("eval", script.text, 1, base, ...argv)) as ScriptReply;
  });
  return reply;
}

/** Texts on their way to a server that did not know them. */
const introducing = new WeakMap<RedisClient, Map<string, Promise<void>>>();

/** Of many callers that find it unknown one sends the text: thousands of texts at once would block Redis for seconds. */
async function once(redis: RedisClient, what: string, introduce: () => Promise<void>): Promise<void> {
  const ours = introducing.get(redis) ?? new Map<string, Promise<void>>();
  introducing.set(redis, ours);
  const underWay = ours.get(what);
  // Whether that one came through, the next try shows.
  if (underWay !== undefined) return underWay.catch(() => {});
  const introduction = introduce().finally(() => ours.delete(what));
  ours.set(what, introduction);
  await introduction;
}
