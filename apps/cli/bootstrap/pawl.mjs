#!/usr/bin/env node
/**
 * `npx pawl …`: starts the command line under the Node 24 that runs our TypeScript as it is, in the caller's own folder,
 * and ends as it ends. Plain JavaScript, because whatever Node the caller has runs it.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findNode24 } from "./node-24.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const node = findNode24(root);
if ("fault" in node) {
  process.stderr.write(`${node.fault}\n`);
  process.exit(1);
}
const program = path.join(root, "apps/cli/src/pawl.ts");
const args = ["--disable-warning=ExperimentalWarning", program, ...process.argv.slice(2)];
const { status, error } = spawnSync(node.path, args, { stdio: "inherit" });
if (error) process.stderr.write(`${error.message}\n`);
process.exit(status ?? 1);
