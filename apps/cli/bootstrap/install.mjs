/**
 * Makes sure that node_modules is what package-lock.json says, and does nothing when it is.
 * A stamp in node_modules holds the hash of the lock file it was installed from. An installation made by
 * hand carries no stamp: it is compared with the lock file and adopted if complete. A cut-off installation
 * carries no stamp either, and is repeated. Processes that start together install once.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { holdLock, isLockLeftBehind } from "./install-lock.mjs";

const PROGRESS_EVERY_MS = 10_000;
const TAIL_LINES = 15;

/** @returns {Promise<{} | {fault: string}>} */
export async function ensureInstalled({ root, dataDir, say, env, isProcess }) {
  if (isInstalled(root)) return {};
  const lockPath = path.join(dataDir, "install.lock");
  // A production image was installed on purpose without what only development needs: leave it as it is.
  const isMadeByHand = existsSync(path.join(root, "node_modules")) && !existsSync(stampPath(root));
  if (isProcess && isMadeByHand && !existsSync(lockPath)) return {};

  mkdirSync(dataDir, { recursive: true });
  const wasCutOff = isLockLeftBehind(lockPath);
  const release = await holdLock(lockPath, () =>
    say("another process is installing packages; waiting for it"),
  );
  if (!isInstalled(root)) {
    const canAdopt = !wasCutOff && !existsSync(stampPath(root)) && isComplete(root);
    const outcome = canAdopt ? {} : await install({ root, say, env });
    // The lock stays behind, and so tells the next process that what is there is not whole.
    if ("fault" in outcome) return outcome;
    writeStamp(root);
  }
  release();
  return {};
}

async function install({ root, say, env }) {
  say("installing packages (npm ci); this takes about half a minute, the first time only");
  // The copy of Node that runs everything is a development dependency: NODE_ENV=production must not drop it.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const startedAtMs = Date.now();
  const progress = setInterval(() => {
    say(`still installing (${Math.round((Date.now() - startedAtMs) / 1000)} s)`);
  }, PROGRESS_EVERY_MS);
  const result = await runNpm(root, args, env);
  clearInterval(progress);
  if (result.code !== 0) return { fault: describeFailure(result, root) };
  say(`packages are installed (${Math.round((Date.now() - startedAtMs) / 1000)} s)`);
  return {};
}

/** Runs the npm that started us, or the one on PATH. */
function runNpm(root, args, env) {
  const own = env.npm_execpath;
  const isNpm = own !== undefined && path.basename(own) === "npm-cli.js";
  const [command, all] = isNpm ? [process.execPath, [own, ...args]] : ["npm", args];
  return new Promise((resolve) => {
    // In our process group: Ctrl-C reaches npm from the terminal, and the stamp is then not written.
    const child = spawn(command, all, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk) => {
      output = (output + chunk).slice(-64 * 1024);
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    child.once("error", (error) => resolve({ code: null, output: `${command}: ${error.message}` }));
    child.once("close", (code) => resolve({ code, output }));
  });
}

function describeFailure({ output }, root) {
  const tail = output
    .trim()
    .split("\n")
    .slice(-TAIL_LINES)
    .map((line) => `  ${line}`);
  const causes = [
    [
      /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|network/i,
      "The package registry could not be reached: is there a network, or a proxy to set (npm config set https-proxy URL)?",
    ],
    [
      /EACCES|EPERM/,
      `The folder cannot be written. If another user installed here before: sudo chown -R $(id -u) ${root}`,
    ],
    [/ENOSPC/, "The disk is full."],
    [/npm: spawn npm ENOENT/, "npm was not found on PATH."],
  ];
  const cause = causes.find(([pattern]) => pattern.test(output))?.[1];
  return [
    "Installing the packages failed. The end of what npm said:",
    ...tail,
    ...(cause === undefined ? [] : [cause]),
    "To see all of it, run this, then the same command again:",
    `  cd ${root} && npm ci --include=dev`,
  ].join("\n");
}

const stampPath = (root) => path.join(root, "node_modules/.pawl-stamp");

function lockFileHash(root) {
  return createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
}

function isInstalled(root) {
  try {
    return readFileSync(stampPath(root), "utf8") === lockFileHash(root);
  } catch {
    return false;
  }
}

function writeStamp(root) {
  writeFileSync(stampPath(root), lockFileHash(root));
}

/**
 * Whether every package that the lock file demands is installed in that version, going by the list that npm
 * itself leaves in node_modules when it is done. Packages for other systems may be missing.
 */
function isComplete(root) {
  try {
    const read = (name) => JSON.parse(readFileSync(path.join(root, name), "utf8")).packages;
    const installed = read("node_modules/.package-lock.json");
    return Object.entries(read("package-lock.json"))
      .filter(([place, wanted]) => place.includes("node_modules/") && !wanted.optional && !wanted.peer)
      .every(
        ([place, wanted]) => installed[place] !== undefined && installed[place].version === wanted.version,
      );
  } catch {
    return false;
  }
}
