/**
 * Finds a Redis or Valkey server program, and fetches a private copy where the machine has none.
 * Order: a new enough one on PATH; the private copy in `<dataDir>/redis-server`; apt in user mode. Promises:
 * nothing is installed system-wide, a download cut half-way never counts as a copy, and processes that
 * start together download once.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { type AptProgram, downloadWithApt } from "./apt-download.ts";
import { withFileLock } from "./file-lock.ts";
import { RedisUnavailableError } from "./redis-unavailable.ts";
import { lastLines, runCommand } from "./run-command.ts";

export type RedisBinary = {
  command: string;
  /** Folders for LD_LIBRARY_PATH; only a private copy needs them. */
  libraryPath?: string;
  version: string;
  how: "path" | "private" | "downloaded";
};

export type FindRedisOptions = {
  /** Where the private copy lives, for example `.pawl`. */
  dataDir: string;
  log: (line: string) => void;
  /** Defaults to this process' environment; its PATH is the one that is searched. */
  env?: NodeJS.ProcessEnv;
};

const NAMES = ["redis-server", "valkey-server"] as const;
const SERVER: AptProgram = {
  choices: NAMES.map((name) => [name]),
  commands: NAMES.map((name) => `usr/bin/${name}`),
};
const OLDEST = { major: 6, minor: 2 };
/** Longer than the slowest download that could still succeed. */
const DOWNLOAD_LOCK_TIMEOUT_MS = 10 * 60_000;

/** @throws RedisUnavailableError with the commands to run when there is no way to get a server. */
export async function findRedisBinary(options: FindRedisOptions): Promise<RedisBinary> {
  const env = options.env ?? process.env;
  const home = resolve(options.dataDir, "redis-server");
  const attempts: string[] = [];

  const installed = (await findOnPath(env, attempts)) ?? (await readPrivateCopy(home, env));
  if (installed) return installed;

  const missing = ["apt-get", "dpkg-deb"].filter((name) => whichAll(name, env).length === 0);
  if (process.platform !== "linux" || missing.length > 0) {
    attempts.push(`apt: not on this machine (${missing.join(" and ") || process.platform})`);
    throw new RedisUnavailableError(attempts);
  }
  mkdirSync(home, { recursive: true });
  const onWait = () => options.log("another process is fetching Redis; waiting for it");
  const lock = { path: join(home, "download.lock"), timeoutMs: DOWNLOAD_LOCK_TIMEOUT_MS, onWait };
  return withFileLock(lock, async () => {
    const byOthers = await readPrivateCopy(home, env);
    if (byOthers) return byOthers;
    const outcome = await download(home, env, options.log);
    if ("problem" in outcome) throw new RedisUnavailableError([...attempts, outcome.problem]);
    return outcome;
  });
}

async function findOnPath(env: NodeJS.ProcessEnv, attempts: string[]): Promise<RedisBinary | undefined> {
  for (const name of NAMES) {
    const commands = whichAll(name, env);
    if (commands.length === 0) attempts.push(`${name}: not on PATH`);
    for (const command of commands) {
      const version = await readVersion(command, undefined, env);
      if ("version" in version && isNewEnough(version.version)) {
        return { command, version: version.version, how: "path" };
      }
      const why = "version" in version ? `${version.version} is older than 6.2` : version.problem;
      attempts.push(`${command}: ${why}`);
    }
  }
  return undefined;
}

/** What a finished private copy leaves beside its files, paths relative to the copy. */
type CopyManifest = { command: string; libraryPath: string[] };

async function readPrivateCopy(home: string, env: NodeJS.ProcessEnv): Promise<RedisBinary | undefined> {
  const copy = join(home, "copy");
  const manifest = readManifest(join(copy, "copy.json"));
  if (!manifest) return undefined;
  const command = join(copy, manifest.command);
  const libraryPath = manifest.libraryPath.map((folder) => join(copy, folder)).join(":");
  // It is run, not only looked at: the folder may have come from a machine of another kind.
  const found = await readVersion(command, libraryPath, env);
  return "version" in found && isNewEnough(found.version)
    ? { command, libraryPath, version: found.version, how: "private" }
    : undefined;
}

async function download(
  home: string,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<RedisBinary | { problem: string }> {
  const workDir = join(home, "partial"); // ours alone: we hold the download lock
  const copy = join(home, "copy");
  log("no Redis on this machine: fetching a private copy with apt (about 10 s, once)");
  rmSync(workDir, { recursive: true, force: true });
  mkdirSync(workDir, { recursive: true });
  try {
    const unpacked = await downloadWithApt({ workDir, program: SERVER, env, log });
    if ("problem" in unpacked) return unpacked;
    const found = await readVersion(unpacked.command, unpacked.libraryPath, env);
    if ("problem" in found) return { problem: `the downloaded server does not run: ${found.problem}` };
    if (!isNewEnough(found.version))
      return { problem: `apt only has version ${found.version}, older than 6.2` };

    const root = join(workDir, "root");
    const relative = (path: string) => path.slice(root.length + 1);
    const folders = unpacked.libraryPath.split(":").filter((folder) => folder !== "");
    const manifest: CopyManifest = {
      command: relative(unpacked.command),
      libraryPath: folders.map(relative),
    };
    writeFileSync(join(root, "copy.json"), JSON.stringify(manifest));
    rmSync(copy, { recursive: true, force: true });
    renameSync(root, copy); // the one moment at which the copy comes to be
    log(`Redis ${found.version} is ready in ${copy}`);
    const libraryPath = manifest.libraryPath.map((folder) => join(copy, folder)).join(":");
    return { command: join(copy, manifest.command), libraryPath, version: found.version, how: "downloaded" };
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

async function readVersion(
  command: string,
  libraryPath: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<{ version: string } | { problem: string }> {
  const result = await runCommand(command, ["--version"], {
    env: withLibraryPath(env, libraryPath),
    timeoutMs: 10_000,
  });
  const version = /\bv=(\d+\.\d+\.\d+)/.exec(result.output)?.[1];
  return version === undefined ? { problem: lastLines(result.output, 2) || "says no version" } : { version };
}

/** The environment in which a private copy finds its libraries. */
export function withLibraryPath(env: NodeJS.ProcessEnv, libraryPath: string | undefined): NodeJS.ProcessEnv {
  if (!libraryPath) return env;
  const given = env.LD_LIBRARY_PATH;
  return { ...env, LD_LIBRARY_PATH: given ? `${libraryPath}:${given}` : libraryPath };
}

/** Every executable of this name on PATH, in order. */
export function whichAll(name: string, env: NodeJS.ProcessEnv): string[] {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).filter(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
}

function readManifest(path: string): CopyManifest | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const { command, libraryPath } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    const isList = Array.isArray(libraryPath) && libraryPath.every((folder) => typeof folder === "string");
    return typeof command === "string" && isList ? { command, libraryPath } : undefined;
  } catch {
    return undefined; // a damaged copy is no copy
  }
}
