/**
 * Makes sure that the console (apps/console) is built from what its sources say now, and does nothing when it is:
 * a stamp beside the files holds the digest of all that they were built from. Processes that start together build
 * once. Also a program of its own: `node apps/cli/bootstrap/build-console.mjs`.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { holdLock } from "./install-lock.mjs";

/** What the build reads: a change in any of them is a new console. */
const SOURCES = ["apps/console", "packages/protocol/src", "package-lock.json"];
const IGNORED = /(^|\/)(dist|dist\.partial|node_modules)(\/|$)|\.test\.tsx?$/;
const TAIL_LINES = 15;

/** @returns {Promise<{} | {fault: string}>} */
export async function ensureConsole({ root, dataDir, nodePath, say }) {
  const vite = path.join(root, "node_modules/vite/bin/vite.js");
  // A production image has it built, and nothing left to build it with.
  if (!existsSync(vite) || isBuilt(root)) return {};
  mkdirSync(dataDir, { recursive: true });
  const release = await holdLock(path.join(dataDir, "console.lock"), () =>
    say("another process is building the console; waiting for it"),
  );
  try {
    if (isBuilt(root)) return {};
    say("building the console; this takes a few seconds, and again only when its sources change");
    const digest = digestOfSources(root);
    // Built aside and put in place whole: a running api never reads half a console.
    const dist = path.dirname(stampPath(root));
    const aside = `${dist}.partial`;
    const args = [vite, "build", "--outDir", aside, "--emptyOutDir", "--logLevel", "warn"];
    const result = await run(nodePath, args, path.join(root, "apps/console"));
    if (result.code !== 0) {
      return {
        fault: `The console could not be built:\n${result.output.trim().split("\n").slice(-TAIL_LINES).join("\n")}`,
      };
    }
    writeFileSync(path.join(aside, path.basename(stampPath(root))), digest);
    rmSync(dist, { recursive: true, force: true });
    renameSync(aside, dist);
    return {};
  } finally {
    release();
  }
}

const stampPath = (root) => path.join(root, "apps/console/dist/.stamp");

function isBuilt(root) {
  try {
    return readFileSync(stampPath(root), "utf8") === digestOfSources(root);
  } catch {
    return false;
  }
}

function digestOfSources(root) {
  const digest = createHash("sha256");
  for (const file of SOURCES.flatMap((source) => filesOf(root, source))) {
    digest
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update("\0");
  }
  return digest.digest("hex");
}

function filesOf(root, source) {
  if (path.extname(source) !== "") return [source];
  return readdirSync(path.join(root, source), { withFileTypes: true })
    .map((entry) => ({ name: `${source}/${entry.name}`, isFolder: entry.isDirectory() }))
    .filter(({ name }) => !IGNORED.test(name))
    .flatMap(({ name, isFolder }) => (isFolder ? filesOf(root, name) : [name]))
    .sort();
}

function run(command, args, cwd) {
  return new Promise((resolve) => {
    const env = { ...process.env, NODE_ENV: "production" };
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk) => {
      output = (output + chunk).slice(-64 * 1024);
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    child.once("error", (error) => resolve({ code: null, output: error.message }));
    child.once("close", (code) => resolve({ code, output }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
  const built = await ensureConsole({
    root,
    dataDir: path.resolve(root, process.env.PAWL_DATA_DIR || ".pawl"),
    nodePath: process.execPath,
    say: (line) => process.stderr.write(`pawl: ${line}\n`),
  });
  if ("fault" in built) {
    process.stderr.write(`${built.fault}\n`);
    process.exit(1);
  }
}
