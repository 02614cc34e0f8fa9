/** `npx pawl …`: finds the command that is meant and hands it its arguments; its exit code is the program's. */

import { loopsCheck } from "./loops-check.ts";

const USAGE = `Usage:
  pawl loops check FILE.jsonl    replay observations through the loop detector, one verdict a line
  pawl guard check FILE.jsonl    judge texts by the guardrails, one verdict a line (-: from standard input)`;

const io = {
  out: (line: string) => void process.stdout.write(`${line}\n`),
  err: (line: string) => void process.stderr.write(`${line}\n`),
};
// Whoever reads only the first lines has read enough.
process.stdout.on("error", () => process.exit(0));

process.exitCode = await run(process.argv.slice(2));

async function run(words: readonly string[]): Promise<number> {
  const [room, command, path, ...more] = words;
  if (room === "loops" && command === "check" && path !== undefined && more.length === 0)
    return loopsCheck(path, io);
  // Imported when asked for: its models and numbering plans cost the other commands nothing.
  if (room === "guard" && command === "check" && path !== undefined && more.length === 0) {
    const { guardCheck } = await import("./guard-check.ts");
    return guardCheck(path, { stdin: process.stdin, stdout: process.stdout, err: io.err });
  }
  const asked = room === undefined || room === "help" || room === "--help" || room === "-h";
  if (asked) io.out(USAGE);
  else io.err(USAGE);
  return asked ? 0 : 2;
}
