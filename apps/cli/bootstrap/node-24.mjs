/**
 * Finds the Node that runs our TypeScript source directly: 24.12 or newer (type stripping is stable there).
 * Either the running one is new enough, or the exact one that the project installs for itself is used.
 */
import { accessSync, constants } from "node:fs";
import path from "node:path";

export const OLDEST_NODE = "24.12.0";

/** @returns {{path: string} | {fault: string}} */
export function findNode24(root, running = { version: process.versions.node, path: process.execPath }) {
  if (isAtLeast(running.version, OLDEST_NODE)) return { path: running.path };
  const own = path.join(root, "node_modules/node/bin/node");
  try {
    accessSync(own, constants.X_OK);
    return { path: own };
  } catch {
    return { fault: describeMissing(running.version) };
  }
}

/** Compares versions such as "24.12.0" by their numbers. */
export function isAtLeast(version, oldest) {
  const [have, want] = [version, oldest].map((text) =>
    text.split(".").map((part) => Number.parseInt(part, 10)),
  );
  const at = want.findIndex((part, index) => part !== have[index]);
  return at === -1 || have[at] > want[at];
}

export function describeMissing(runningVersion) {
  return [
    `Pawl runs on Node ${OLDEST_NODE} or newer. This is ${runningVersion}, and the project's own copy`,
    "(node_modules/node/bin/node) is missing or cannot run here. Likely causes and their cure:",
    "  - install scripts are switched off (ignore-scripts in .npmrc, or a newer npm that asks first):",
    "      npm rebuild node --ignore-scripts=false",
    "  - development dependencies were left out (NODE_ENV=production, omit=dev):",
    "      npm ci --include=dev",
    "  - there is no build of it for this system (Alpine, for example): install Node 24 from",
    "      https://nodejs.org/ and run the same command again with it on PATH",
  ].join("\n");
}
