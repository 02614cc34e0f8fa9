/**
 * Which api a command talks to, and with which key. What the command line says goes first, then the environment, then the
 * Pawl that `npm start` runs from this folder. The key that is kept in the data folder is this machine's secret: it is
 * used for an api on this machine alone, never sent to another host.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { lockHolder } from "@pawl/local-redis";
import { CommandFault, exitCodes, usageFault } from "../command-line/fault.ts";

export type Connection = {
  /** Without a slash at its end. */
  readonly url: string;
  readonly urlFrom: "--url" | "PAWL_URL" | "npm start" | "default";
  readonly key: string | undefined;
  readonly keyFrom: "--key" | "PAWL_API_KEY" | "PAWL_ADMIN_KEY" | "secrets.json" | undefined;
};

const DEFAULT_PORT = 3000;

export function findConnection(about: {
  url: string | undefined;
  key: string | undefined;
  env: NodeJS.ProcessEnv;
  root: string;
}): Connection {
  const { env } = about;
  const dataDir = dataDirOf(env, about.root);
  const running = runningUrl(dataDir);
  const [url, urlFrom] = first<Connection["urlFrom"]>(
    [about.url, "--url"],
    [env.PAWL_URL, "PAWL_URL"],
    [running, "npm start"],
    [`http://127.0.0.1:${env.PORT || DEFAULT_PORT}`, "default"],
  );
  const address = addressOf(url ?? "", urlFrom ?? "default");
  const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(address.hostname);
  const [key, keyFrom] = first<NonNullable<Connection["keyFrom"]>>(
    [about.key, "--key"],
    [env.PAWL_API_KEY, "PAWL_API_KEY"],
    [isLocal ? env.PAWL_ADMIN_KEY : undefined, "PAWL_ADMIN_KEY"],
    [isLocal ? keptKey(dataDir) : undefined, "secrets.json"],
  );
  return { url: address.href.replace(/\/+$/, ""), urlFrom: urlFrom ?? "default", key, keyFrom };
}

/** As `npm start` finds it. */
export function dataDirOf(env: NodeJS.ProcessEnv, root: string): string {
  return resolve(root, env.PAWL_DATA_DIR || ".pawl");
}

/** The api of a living `npm start`, which wrote its address into its lock. */
export function runningUrl(dataDir: string): string | undefined {
  return lockHolder(join(dataDir, "up.lock"))?.note || undefined;
}

function addressOf(url: string, from: string): URL {
  const address = URL.parse(url);
  if (address !== null && /^https?:$/.test(address.protocol)) return address;
  throw usageFault(`${from} is no address of an api: ${url}`, "It looks like http://127.0.0.1:3000");
}

function keptKey(dataDir: string): string | undefined {
  const path = join(dataDir, "secrets.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined; // nobody started Pawl here, or it is not ours to read
  }
  try {
    const kept: unknown = JSON.parse(text);
    const key =
      typeof kept === "object" && kept !== null && "PAWL_ADMIN_KEY" in kept ? kept.PAWL_ADMIN_KEY : "";
    return typeof key === "string" ? key : undefined;
  } catch (cause) {
    throw new CommandFault(exitCodes.keyRefused, `${path} is damaged.`, {
      fix: "Repair it, or delete it: the next `npm start` makes new secrets.",
      cause,
    });
  }
}

function first<From>(...given: readonly (readonly [string | undefined, From])[]) {
  return given.find(([value]) => value !== undefined && value !== "") ?? [undefined, undefined];
}
