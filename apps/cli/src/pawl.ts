/** `npx pawl …`: the process around the command line; its exit code is the command's. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { runCommandLine } from "./command-line/run-command-line.ts";
import { commands } from "./commands/table.ts";
import { openOutput } from "./terminal/output.ts";
import { endOnSignals } from "./up/end-signals.ts";

const root = resolve(import.meta.dirname, "../../..");
const signal = endOnSignals();
// Whoever reads only the first lines has read enough.
process.stdout.on("error", () => process.exit(0));

const code = await runCommandLine(
  {
    commands,
    version: versionOf(root),
    out: openOutput({ stdout: process.stdout, stderr: process.stderr, env: process.env }),
    stdin: process.stdin,
    env: process.env,
    root,
    signal,
    nowMs: Date.now,
  },
  process.argv.slice(2),
);
// Pipes are asynchronous on some systems: what is written must have left before the end.
if (process.stdout.writableLength > 0) await new Promise((resolve) => process.stdout.write("", resolve));
process.exit(code);

function versionOf(folder: string): string {
  const { version }: { version: string } = JSON.parse(readFileSync(resolve(folder, "package.json"), "utf8"));
  return version;
}
