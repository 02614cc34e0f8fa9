/**
 * One process of Pawl, started as `npm run start:*` starts it, configured by environment alone and watched by its
 * log lines. It does not outlive its starter, not even one that is killed. Knows no test runner: who starts one
 * sees to its end.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "../..");
const guard = join(root, "apps/cli/bootstrap/guard.mjs");
export const ADMIN_KEY = "pawl_admin_for_tests_only";
export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

export type LogLine = { message: string; level: string; [field: string]: unknown };

export type PawlProcess = {
  child: ChildProcess;
  /** Every log line so far. */
  lines: LogLine[];
  /** The end of what it wrote beside its log. */
  stderr(): string;
  /** Resolves when it has ended, with its exit code (null: killed). */
  exited: Promise<number | null>;
  /** Resolves with the first line that has the message; rejects when the process ends before. */
  logged(message: string): Promise<LogLine>;
  /** Sends the signal and resolves when the process has ended, with its exit code (null: killed). */
  end(signal?: NodeJS.Signals): Promise<number | null>;
};

export function spawnPawl(app: string, env: Record<string, string>): PawlProcess {
  const child = spawn(process.execPath, ["--import", guard, join(root, `apps/${app}/src/main.ts`)], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const lines: LogLine[] = [];
  const waiting = new Map<string, ((line: LogLine) => void)[]>();
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4000);
  });
  if (child.stdout === null) throw new Error("the process has no output to watch");
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = parseLine(text);
    lines.push(line);
    for (const resolve of waiting.get(line.message) ?? []) resolve(line);
    waiting.delete(line.message);
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  return {
    child,
    lines,
    stderr: () => stderr,
    exited,
    logged(message) {
      const found = lines.find((line) => line.message === message);
      if (found) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        waiting.set(message, [...(waiting.get(message) ?? []), resolve]);
        void exited.then((code) => {
          const last = lines.slice(-5).map((line) => JSON.stringify(line));
          reject(new Error(`${app} ended with ${code} before "${message}"\n${last.join("\n")}\n${stderr}`));
        });
      });
    },
    async end(signal = "SIGTERM") {
      child.kill(signal);
      return exited;
    },
  };
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { message: text, level: "text" };
  }
}
