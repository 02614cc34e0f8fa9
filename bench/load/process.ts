/**
 * A process of the bench: a benchmark, or one of Pawl's own (api, worker, simulator) as `npm run start:*` runs it,
 * configured by environment alone. It ends with us, even if we are killed.
 */
import { fork, type Serializable } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "../..");
const guard = join(root, "apps/cli/bootstrap/guard.mjs");
const TAIL_CHARS = 2000;

export type BenchProcess<Message = unknown> = {
  pid: number;
  /** Resolves with its first log line of that message; rejects when it ends before. */
  logged(message: string): Promise<Record<string, unknown>>;
  onMessage(listener: (message: Message) => void): void;
  send(message: Serializable): void;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with how it ended. */
  ended: Promise<string>;
  /** The end of what it said on stderr. */
  errorTail(): string;
};

/** `Message` is what the process of that entry sends, by agreement with it. */
export function startProcess<Message = unknown>(
  entry: string,
  options: { args?: readonly string[]; env?: Record<string, string>; preload?: string } = {},
): BenchProcess<Message> {
  const { args = [], env = {}, preload } = options;
  const child = fork(entry, [...args], {
    cwd: root,
    // Nothing of ours is inherited: a real key must cost nothing, a real Redis must not be written to.
    env: { ...inherited(), ...env },
    execArgv: [
      "--disable-warning=ExperimentalWarning",
      "--import",
      guard,
      ...(preload === undefined ? [] : ["--import", preload]),
    ],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "advanced",
  });
  let tail = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-TAIL_CHARS);
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const waiting = new Map<string, (line: Record<string, unknown>) => void>();
  const seen = new Map<string, Record<string, unknown>>();
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = parseLine(text);
      const message = String(line.message);
      if (!seen.has(message)) seen.set(message, line);
      waiting.get(message)?.(line);
    });
  return {
    pid: child.pid ?? 0,
    logged: (message) =>
      new Promise((resolve, reject) => {
        const found = seen.get(message);
        if (found) return resolve(found);
        waiting.set(message, resolve);
        void ended.then((how) => reject(new Error(`${entry} ended (${how}) before "${message}": ${tail}`)));
      }),
    onMessage: (listener) => void child.on("message", (message) => listener(message as Message)),
    send: (message) => void child.send(message),
    kill: (signal) => void child.kill(signal),
    ended,
    errorTail: () => tail,
  };
}

function inherited(): Record<string, string | undefined> {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  return { PATH, HOME, ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }) };
}

function parseLine(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : { message: text };
  } catch {
    return { message: text };
  }
}
