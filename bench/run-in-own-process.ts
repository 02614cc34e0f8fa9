/**
 * One benchmark in a process of its own. It is ended at its limit, and what it started ends with it: its servers
 * watch for their parent's end.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Figure, FsyncPolicy } from "./benchmark.ts";
import { startProcess } from "./load/process.ts";

export type OwnProcessOptions = {
  entry: string;
  name: string;
  policy: FsyncPolicy;
  limitMs: number;
  say: (line: string) => void;
};

/** Over the channel between the two: what it found, or why it could not. */
export type Outcome = { figures: Figure[] } | { fault: string };

export async function runInOwnProcess(options: OwnProcessOptions): Promise<Outcome> {
  const { entry, name, policy, limitMs, say } = options;
  // Beside the data of `npm start`: another file system might take another time to sync.
  const data = join(import.meta.dirname, "../.pawl");
  await mkdir(data, { recursive: true });
  const dir = await mkdtemp(join(data, "bench-"));
  const child = startProcess<Outcome | { say: string }>(entry, { args: [name, policy, dir] });
  let outcome: Outcome = { fault: "it ended without a word" };
  child.onMessage((message) => {
    if ("say" in message) say(`  ${message.say}`);
    else outcome = message;
  });
  const timer = setTimeout(() => {
    outcome = { fault: `not done within ${Math.round(limitMs / 1000)} s` };
    child.kill("SIGKILL");
  }, limitMs);
  const how = await child.ended;
  clearTimeout(timer);
  await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  if ("fault" in outcome) {
    const said = child.errorTail().trim();
    say(`  ${outcome.fault}${said === "" ? "" : `\n${said}`}`);
    return { fault: `${outcome.fault.split("\n")[0]} (${how})` };
  }
  return outcome;
}
