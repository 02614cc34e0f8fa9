/**
 * Fetches a program with the machine's own apt, without installing anything.
 * apt works on private state inside `workDir` (so it needs no root and takes no system lock), verifies the
 * signatures as always, and the packages are only unpacked. Promise: nothing outside `workDir` is written.
 * That needs one precaution: as root apt runs the hooks other packages configured (docker-clean deletes
 * caches, appstream rebuilds its index), so a private last configuration file clears them.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { lastLines, runCommand } from "./run-command.ts";

export type Unpacked = { command: string; libraryPath: string };

export type AptProgram = {
  /** Names of packages that serve alike; the first that the machine's sources know is taken, with all it needs. */
  choices: readonly (readonly string[])[];
  /** Where the program lies once unpacked; the first that is there is taken. */
  commands: readonly string[];
};

const UPDATE_TIMEOUT_MS = 180_000;
const DOWNLOAD_TIMEOUT_MS = 180_000;
const UNPACK_TIMEOUT_MS = 120_000;

/** The unpacked program, or in `problem` why apt could not give one. */
export async function downloadWithApt(options: {
  workDir: string;
  program: AptProgram;
  env: NodeJS.ProcessEnv;
  log: (line: string) => void;
}): Promise<Unpacked | { problem: string }> {
  const { workDir, program } = options;
  if (/["\n]/.test(workDir))
    return { problem: `apt cannot work in a folder with a quote in its name: ${workDir}` };
  const env = { ...options.env, LC_ALL: "C", APT_CONFIG: writeAptConfig(workDir) };
  const apt = (args: string[], timeoutMs: number) =>
    runCommand("apt-get", args, { env, timeoutMs, cwd: join(workDir, "debs") });

  // One broken third-party source fails the update although all others were read: go on and see.
  const update = await apt(["update"], UPDATE_TIMEOUT_MS);
  if (update.code === null) return { problem: `apt-get update: ${lastLines(update.output, 3)}` };
  let problem = "";
  for (const names of program.choices) {
    const files = await apt(
      ["-qq", "-y", "--no-install-recommends", "--print-uris", "install", ...names],
      60_000,
    );
    const packages = missingPackages(files.output);
    if (files.code !== 0 || packages.length === 0) {
      const failures = update.output.split("\n").filter((line) => /^(Err|E:|W:)/.test(line));
      problem ||= lastLines([...failures, files.output].join("\n"), 4);
      continue;
    }
    options.log(
      `downloading ${packages.map((entry) => entry.name).join(", ")} (nothing is installed system-wide)`,
    );
    const wanted = packages.map((entry) => `${entry.name}=${entry.version}`);
    const download = await apt(["-qq", "download", ...wanted], DOWNLOAD_TIMEOUT_MS);
    if (download.code !== 0) return { problem: `apt-get download: ${lastLines(download.output, 3)}` };
    return unpack(workDir, program, env);
  }
  return { problem: `apt-get: ${problem}` };
}

/** Writes apt's private configuration and returns the path that APT_CONFIG must name. */
function writeAptConfig(workDir: string): string {
  for (const folder of ["lists/partial", "cache/archives/partial", "debs"]) {
    mkdirSync(join(workDir, folder), { recursive: true });
  }
  // apt reads APT_CONFIG first and Dir::Etc::main last; only what is read last can clear others' hooks.
  const last = join(workDir, "apt-last.conf");
  const machines = "/etc/apt/apt.conf";
  const hooks = ["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success", "Post-Invoke-Stats"];
  writeFileSync(
    last,
    [
      ...(existsSync(machines) ? [`#include "${machines}";`] : []),
      ...hooks.map((hook) => `#clear APT::Update::${hook};`),
      ...hooks.map((hook) => `#clear DPkg::${hook};`),
      `Dir::State::lists "${workDir}/lists";`,
      `Dir::Cache "${workDir}/cache";`,
      `Dir::Cache::archives "${workDir}/cache/archives";`,
      'Debug::NoLocking "true";',
      // As root apt would drop to the user _apt, who may not enter a private folder.
      'APT::Sandbox::User "root";',
      'Acquire::Languages "none";',
      'Acquire::Retries "1";',
      'Acquire::http::Timeout "20";',
      'Acquire::https::Timeout "20";',
      "",
    ].join("\n"),
  );
  const first = join(workDir, "apt-first.conf");
  writeFileSync(first, `Dir::Etc::main "${last}";\n`);
  return first;
}

/** Reads lines such as `'http://…' libjemalloc2_5.3.0-1_amd64.deb 275000 MD5Sum:…`; `:` in a version is `%3a`. */
function missingPackages(printed: string): { name: string; version: string }[] {
  const lines = printed.matchAll(/^'[^']+' ([^_\s]+)_([^_\s]+)_[^_\s]+\.deb /gm);
  return [...lines].flatMap(([, name, version]) =>
    name !== undefined && version !== undefined ? [{ name, version: decodeURIComponent(version) }] : [],
  );
}

async function unpack(
  workDir: string,
  program: AptProgram,
  env: NodeJS.ProcessEnv,
): Promise<Unpacked | { problem: string }> {
  const root = join(workDir, "root");
  const debs = readdirSync(join(workDir, "debs")).filter((name) => name.endsWith(".deb"));
  for (const deb of debs) {
    const result = await runCommand("dpkg-deb", ["-x", join(workDir, "debs", deb), root], {
      env,
      timeoutMs: UNPACK_TIMEOUT_MS,
    });
    if (result.code !== 0) return { problem: `dpkg-deb -x ${deb}: ${lastLines(result.output, 3)}` };
  }
  const commands = program.commands.map((name) => join(root, name));
  const command = commands.find((path) => existsSync(path)); // existsSync follows Debian's symlink, too
  if (command === undefined) return { problem: `no program among the packages: ${debs.join(", ")}` };
  return { command, libraryPath: libraryFolders(root).join(":") };
}

function libraryFolders(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, encoding: "utf8" });
  const libraries = entries.filter((entry) => /\.so(\.\d+)*$/.test(entry));
  return [...new Set(libraries.map((entry) => join(root, dirname(entry))))];
}
