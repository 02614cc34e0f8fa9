#!/usr/bin/env node
/**
 * `npx pawl …`: starts the command line under the Node 24 that runs our TypeScript as it is, in the caller's own folder,
 * and ends as it ends. Plain JavaScript, because whatever Node the caller has runs it.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { handOver } from "./hand-over.mjs";
import { findNode24 } from "./node-24.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const node = findNode24(root);
if ("fault" in node) {
  process.stderr.write(`${node.fault}\n`);
  process.exit(1);
}
const dataDir = path.resolve(root, process.env.PAWL_DATA_DIR || ".pawl");
handOver({
  command: node.path,
  args: [
    "--disable-warning=ExperimentalWarning",
    path.join(root, "apps/cli/src/pawl.ts"),
    ...process.argv.slice(2),
  ],
  cwd: process.cwd(),
  // Stripping types costs most of a start; the cache makes the second one several times faster.
  env: { NODE_COMPILE_CACHE: path.join(dataDir, "compile-cache"), ...process.env },
  // The terminal's own: it reads what is typed and is stopped and ended with everything else that runs there.
  ownSession: false,
});
