/**
 * The Lua scripts as Redis is handed them. The same files come in two forms. As functions of one library, which Redis 7
 * keeps: what the scripts share is defined once, when it is loaded. And each as a text of its own, with the shared parts
 * that it includes, for servers without functions. Both are named by their digest: processes of an older and of a newer
 * version of Pawl run side by side, each its own.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { globalKeys, isKeyKind, names } from "./keys.ts";

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
  "lease",
] as const;
export type ScriptName = (typeof scriptNames)[number];

/** A part uses only what stands before it. */
const partNames = ["task", "accounts", "holds", "unsettled", "admission", "transition", "line"] as const;

const DAY_MS = 24 * 60 * 60 * 1000;
const settings = {
  controlChannel: globalKeys.controlChannel,
  accountKeptMs: String(40 * DAY_MS), // after it was used last: longer than the longest window
  capacityKeptMs: String(10 * 60 * 1000), // what a provider allows is learnt again after so long without a call
  sweepGraceMs: String(DAY_MS), // how much longer than its retention a task lives where no sweeper runs
};

export const LIBRARY_PREFIX = "pawl_";

export type Library = { name: string; text: string };
/** `functionName` in the library, `sha` of the text. */
export type Script = { library: Library; functionName: string; text: string; sha: string };
export type Scripts = Readonly<Record<ScriptName, Script>>;

export async function loadScripts(): Promise<Scripts> {
  const context = `${luaTable("settings", settings)}\n${await read("parts/context")}`;
  const parts = new Map(
    await Promise.all(partNames.map(async (name) => [name as string, await read(`parts/${name}`)] as const)),
  );
  const bodies = await Promise.all(scriptNames.map(async (name) => [name, await read(name)] as const));
  const library = libraryOf([context, ...parts.values()], bodies);
  const entries = bodies.map(([name, body]) => {
    const text = `${context}\nbegin()\n${withParts(body, parts)}`;
    return [name, { library, functionName: functionName(library.name, name), text, sha: digestOf(text) }];
  });
  return Object.fromEntries(entries) as Scripts;
}

async function read(file: string): Promise<string> {
  return withPrefixes(await readFile(new URL(`./scripts/${file}.lua`, import.meta.url), "utf8"));
}

/** A script's text becomes a function's body; KEYS and ARGV, global to a text, are what the function was handed. */
function libraryOf(shared: readonly string[], bodies: readonly (readonly [ScriptName, string])[]): Library {
  const digest = digestOf([...shared, ...bodies.map(([, body]) => body)].join("\n"));
  const name = `${LIBRARY_PREFIX}${digest}`;
  const functions = bodies.map(
    ([script, body]) =>
      `redis.register_function('${functionName(name, script)}', function(keys, argv)\n` +
      `KEYS, ARGV = keys, argv\nbegin()\n${body}\nend)`,
  );
  return { name, text: [`#!lua name=${name}`, "local KEYS, ARGV", ...shared, ...functions].join("\n") };
}

/** Unique on the server, not in its library. */
function functionName(library: string, script: ScriptName): string {
  return `${library}_${script}`;
}

/** `-- include: part, part` becomes the text of those parts. */
function withParts(script: string, parts: ReadonlyMap<string, string>): string {
  return script.replace(/^ *-- include: (.*)$/gm, (_, included: string) =>
    included
      .split(", ")
      .map((part) => {
        const text = parts.get(part);
        if (text === undefined) throw new RangeError(`a script includes an unknown part: ${part}`);
        return text;
      })
      .join("\n"),
  );
}

/** `key(base, 'kind'` gets the kind's prefix: names are written once for both languages, and cost a script nothing. */
function withPrefixes(script: string): string {
  return script.replace(/\bkey\(([\w.]+), '(\w+)'/g, (_, base: string, kind: string) => {
    if (!isKeyKind(kind)) throw new RangeError(`a script names a key of no known kind: ${kind}`);
    return `key(${base}, ':${names[kind]}'`;
  });
}

function digestOf(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

function luaTable(name: string, entries: Record<string, string>): string {
  const members = Object.entries(entries).map(([member, value]) => `${member} = '${value}'`);
  return `local ${name} = { ${members.join(", ")} }`;
}
