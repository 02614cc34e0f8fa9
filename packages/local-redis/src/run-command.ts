/**
 * Runs a program to its end and returns what it said. Never throws: a program that is missing, fails or
 * takes too long is an answer like any other (`code` null), because here the next way is then tried.
 */
import { spawn } from "node:child_process";

export type CommandResult = { code: number | null; output: string };

/** `output` is stdout and stderr as they came, cut to the last 256 KiB. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; timeoutMs: number; cwd?: string },
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: options.env,
      cwd: options.cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const collect = (chunk: string) => {
      output = (output + chunk).slice(-256 * 1024);
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    const timer = setTimeout(() => {
      collect(`\n${command} took longer than ${options.timeoutMs / 1000} s and was ended`);
      child.kill("SIGKILL");
    }, options.timeoutMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      resolve({ code: null, output: error.message });
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}

/** The last non-empty lines of a text. */
export function lastLines(text: string, count: number): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-count).join("\n");
}
