/**
 * A Chromium for the tests of the console: the machine's own, or a private copy in the data folder, fetched once
 * with the machine's apt. Nothing is installed system-wide.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type AptProgram, downloadWithApt, whichAll, withFileLock } from "@pawl/local-redis";

export type Chromium = { executablePath: string; env: Record<string, string> };

const NAMES = [
  "chromium",
  "chromium-headless-shell",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
];
const PROGRAM: AptProgram = {
  // The one without a screen needs a third of the libraries.
  choices: [
    ["chromium-headless-shell", "fonts-dejavu-core"],
    ["chromium", "fonts-dejavu-core"],
  ],
  commands: ["usr/lib/chromium/chromium-headless-shell", "usr/lib/chromium/chromium"],
};
const LOCK_TIMEOUT_MS = 10 * 60_000;

/** @throws where the machine has none and apt cannot fetch one, with what to do. */
export async function findChromium(dataDir: string): Promise<Chromium> {
  const own = NAMES.flatMap((name) => whichAll(name, process.env))[0];
  if (own !== undefined) return { executablePath: own, env: {} };
  const home = join(dataDir, "chromium");
  mkdirSync(home, { recursive: true });
  const lock = { path: join(home, "download.lock"), timeoutMs: LOCK_TIMEOUT_MS, onWait: () => {} };
  return withFileLock(lock, async () => readCopy(home) ?? (await download(home)));
}

/** The manifest is written last: a copy without it is none. */
function readCopy(home: string): Chromium | undefined {
  const manifest = join(home, "copy.json");
  return existsSync(manifest) ? (JSON.parse(readFileSync(manifest, "utf8")) as Chromium) : undefined;
}

async function download(home: string): Promise<Chromium> {
  const workDir = join(home, "partial");
  const copy = join(home, "copy");
  rmSync(workDir, { recursive: true, force: true });
  mkdirSync(workDir, { recursive: true });
  const log = (line: string) => process.stderr.write(`chromium for the console's tests: ${line}\n`);
  const unpacked = await downloadWithApt({ workDir, program: PROGRAM, env: process.env, log });
  if ("problem" in unpacked) {
    throw new Error(`The console's tests need Chromium (apt-get install chromium). ${unpacked.problem}`);
  }
  const root = join(workDir, "root");
  rmSync(copy, { recursive: true, force: true });
  renameSync(root, copy);
  rmSync(workDir, { recursive: true, force: true });
  const moved = (path: string) => copy + path.slice(root.length);
  const fonts = join(home, "fonts.conf");
  const folders = [join(copy, "usr/share/fonts"), "/usr/share/fonts"].map((folder) => `<dir>${folder}</dir>`);
  writeFileSync(
    fonts,
    `<?xml version="1.0"?><fontconfig>${folders.join("")}<cachedir>${join(home, "fonts")}</cachedir></fontconfig>\n`,
  );
  const found: Chromium = {
    executablePath: moved(unpacked.command),
    env: {
      LD_LIBRARY_PATH: unpacked.libraryPath.split(delimiter).map(moved).join(delimiter),
      FONTCONFIG_FILE: fonts,
    },
  };
  writeFileSync(join(home, "copy.json"), JSON.stringify(found));
  return found;
}
