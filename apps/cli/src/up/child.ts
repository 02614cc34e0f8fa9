/**
 * One process that `npm start` runs: the api, the worker or the simulator.
 * What it prints (JSON lines) goes to its log file; the screen gets warnings and errors, or all of it. It says by one
 * of those lines that it is ready. It ends with us, even if we are killed, by the guard that is loaded into it.
 */
import { spawn } from "node:child_process";
import { mkdirSync, openSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { inertLine } from "../terminal/inert-text.ts";

export type ChildOptions = {
  name: string;
  /** Path of the program's TypeScript entry. */
  entry: string;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** The `message` of the line that says it is ready. */
  readyMessage: "listening" | "ready";
  logPath: string;
  /** What reaches the screen of the log: all of it, or trouble alone (the default). */
  shows?: "trouble" | "all";
  say: (line: string) => void;
};

export type RunningChild = {
  /** Resolves with the port it named, if any; rejects with the end of its output when it ends before. */
  ready: Promise<{ port: number | undefined }>;
  /** Resolves with how it ended, such as "exit code 1". */
  exited: Promise<string>;
  /** Asks it to end, and kills it when it has not within `graceMs`. */
  stop(graceMs: number): Promise<void>;
};

const READY_TIMEOUT_MS = 60_000;
const TAIL_LINES = 12;
const LOG_SIZE_LIMIT_BYTES = 10 * 1024 * 1024;
const guard = join(import.meta.dirname, "../../bootstrap/guard.mjs");

export function startChild(options: ChildOptions): RunningChild {
  const writeLog = openLog(options.logPath);
  const nodeArgs = ["--disable-warning=ExperimentalWarning", "--import", guard];
  const child = spawn(process.execPath, [...nodeArgs, options.entry], {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true, // Ctrl-C must reach it through us, in order, and once
  });
  const tail: string[] = [];
  let isReady = false;
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    // "close", not "exit": its last words are read by then
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const ready = new Promise<{ port: number | undefined }>((resolve, reject) => {
    const read = (stream: Readable | null, isErrorStream: boolean) => {
      if (stream === null) return;
      createInterface({ input: stream }).on("line", (line) => {
        writeLog(line);
        const entry = readLine(line, isErrorStream);
        tail.push(entry.text);
        if (tail.length > TAIL_LINES) tail.shift();
        if (isReady && (entry.isTrouble || options.shows === "all"))
          options.say(`${options.name}: ${inertLine(entry.text)}`);
        if (isReady || entry.message !== options.readyMessage) return;
        isReady = true;
        resolve({ port: entry.port });
      });
    };
    read(child.stdout, false);
    read(child.stderr, true);
    const fail = (how: string) => {
      const said = tail.map((line) => `  ${line}`).join("\n");
      reject(new Error(`The ${options.name} did not start (${how}). The end of what it said:\n${said}`));
    };
    void exited.then(fail);
    const timer = setTimeout(() => fail(`not ready after ${READY_TIMEOUT_MS / 1000} s`), READY_TIMEOUT_MS);
    timer.unref();
  });
  ready.catch(() => undefined); // whoever waits for it hears of it; nobody else needs to
  const stop = async (graceMs: number) => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await exited;
    clearTimeout(timer);
  };
  return { ready, exited, stop };
}

/** What matters in one line of output, which may be JSON or may be anything. */
function readLine(line: string, isErrorStream: boolean) {
  const parsed = parseObject(line);
  if (parsed === undefined) {
    return { text: line, message: "", port: undefined, isTrouble: isErrorStream && line.trim() !== "" };
  }
  const message = typeof parsed.message === "string" ? parsed.message : line;
  const level = typeof parsed.level === "string" ? parsed.level : "info";
  const port = typeof parsed.port === "number" ? parsed.port : undefined;
  const isTrouble = ["warn", "error", "fatal"].includes(level);
  return { text: isTrouble ? `${level}: ${message}` : message, message, port, isTrouble };
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Written line by line and at once, so that nothing is lost when we are killed. */
function openLog(path: string): (line: string) => void {
  mkdirSync(dirname(path), { recursive: true });
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const fd = openSync(path, sizeBytes > LOG_SIZE_LIMIT_BYTES ? "w" : "a", 0o600);
  return (line) => void writeSync(fd, `${line}\n`);
}
