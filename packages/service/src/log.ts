// The log of a process, over winston: JSON lines for machines, one-liners for a person at a terminal. It promises
// that a log call never throws, that every line has passed the redaction
// point, and that `announce` is heard at any level, since whoever starts a process waits for "listening" or "ready".
import { Writable } from "node:stream";
import { types } from "node:util";
import winston from "winston";
import type { LogLevel } from "./log-level.ts";
import { jsonLine, type LogEntry, terminalLine } from "./log-line.ts";
import { type RedactLimits, redact } from "./redact.ts";

export type LogFields = Readonly<Record<string, unknown>>;

export type Log = {
  /** In place of fields an error may stand alone; it becomes the field `error`. */
  error(message: string, fields?: LogFields | Error): void;
  warn(message: string, fields?: LogFields | Error): void;
  info(message: string, fields?: LogFields | Error): void;
  debug(message: string, fields?: LogFields | Error): void;
  /** An `info` line that appears at any level, `silent` included. */
  announce(message: string, fields?: LogFields | Error): void;
  /** A log that adds these fields to each of its lines; `undefined` takes an inherited one away. */
  child(fields: LogFields): Log;
  /** Resolves once the system has taken, or refused, every line so far. Never rejects. */
  flush(): Promise<void>;
};

export type LogOptions = {
  /** Which kind of process speaks: "api", "worker", … */
  process: string;
  level: LogLevel;
  /** Standard output unless said otherwise. */
  stream?: NodeJS.WritableStream;
  /** Whether a person reads along; by default, whether the stream is a terminal. */
  isTerminal?: boolean;
  now?: () => Date;
};

// Bounds of one line: enough to diagnose, too little to flood.
const limits = { maxDepth: 12, maxValues: 1_000, maxStringChars: 8_192 };
const maxLineChars = 65_536;

export function createLog(options: LogOptions): Log {
  const stream = options.stream ?? process.stdout;
  const isTerminal = options.isTerminal ?? ("isTTY" in stream && stream.isTTY === true);
  const now = options.now ?? (() => new Date());
  const outlet = openOutlet(stream);
  const logger = winston.createLogger({
    levels: { announce: 0, error: 1, warn: 2, info: 3, debug: 4 },
    level: options.level === "silent" ? "announce" : options.level,
    // Lines are made before winston sees them, so that an object changed after the call is logged as it was.
    format: winston.format.printf(({ message }) => String(message)),
    transports: [new winston.transports.Stream({ stream: outlet.stream, eol: "\n" })],
  });

  const bounds = { ...limits, stacks: options.level === "debug" };
  const write = (level: Level, inherit: () => SafeFields, message: string, given?: LogFields | Error) => {
    try {
      if (!logger.isLevelEnabled(level)) return;
      const entry: LogEntry = {
        level: level === "announce" ? "info" : level,
        message: safeText(message, bounds),
        time: now().toISOString(),
        process: options.process,
        fields: { ...inherit(), ...safeFields(given, bounds) },
      };
      const line = boundedLine(entry, isTerminal ? terminalLine : jsonLine);
      outlet.add(`${line}\n`, level !== "info" && level !== "debug");
      logger.log({ level, message: line });
    } catch {
      // What cannot be said is lost; the work that it speaks of goes on.
    }
  };

  // Most children never say a word: their fields are made safe with their first line.
  const logWith = (inherit: () => SafeFields): Log => ({
    error: (message, fields) => write("error", inherit, message, fields),
    warn: (message, fields) => write("warn", inherit, message, fields),
    info: (message, fields) => write("info", inherit, message, fields),
    debug: (message, fields) => write("debug", inherit, message, fields),
    announce: (message, fields) => write("announce", inherit, message, fields),
    child: (fields) => {
      const given = { ...fields };
      let made: SafeFields | undefined;
      return logWith(() => {
        made ??= handedDown(inherit(), given, safeFields(given, bounds));
        return made;
      });
    },
    flush: outlet.flush,
  });
  return logWith(() => ({}));
}

type Level = Exclude<LogLevel, "silent"> | "announce";

/** Fields that passed the redaction point: JSON-safe, bounded, without getters. */
type SafeFields = Readonly<Record<string, unknown>>;

function safeFields(given: unknown, bounds: RedactLimits): SafeFields {
  const copy = redact(types.isNativeError(given) ? { error: given } : given, bounds);
  if (copy === undefined || copy === null) return {};
  return typeof copy === "object" && !Array.isArray(copy) ? { ...copy } : { fields: copy };
}

function safeText(message: unknown, bounds: RedactLimits): string {
  try {
    return String(redact(typeof message === "object" ? JSON.stringify(message) : String(message), bounds));
  } catch {
    return "[unreadable]";
  }
}

function handedDown(inherited: SafeFields, given: LogFields, safe: SafeFields): SafeFields {
  const gone = Object.keys(inherited).filter((name) => !(name in safe) && givenAsUndefined(given, name));
  if (gone.length === 0) return { ...inherited, ...safe };
  const kept = Object.entries(inherited).filter(([name]) => !gone.includes(name));
  return { ...Object.fromEntries(kept), ...safe };
}

function givenAsUndefined(given: LogFields, name: string): boolean {
  try {
    return Object.hasOwn(given, name) && given[name] === undefined;
  } catch {
    return false;
  }
}

/** Many long fields make a long line: then the fields go and the message stays. */
function boundedLine(entry: LogEntry, render: (entry: LogEntry) => string): string {
  const line = render(entry);
  if (line.length <= maxLineChars) return line;
  return render({ ...entry, fields: { fields: `[${line.length} characters left out]` } });
}

/**
 * Ordinary lines leave together, this long after the first of them: where many tasks speak a write for each would cost
 * more than all else of a line. A process that is killed takes as much with it.
 */
const GATHER_MS = 50;

/** The way out: what winston writes to, knowing which lines the system has not taken yet. */
function openOutlet(target: NodeJS.WritableStream) {
  /** Lines that still lie in winston's buffers, in order. */
  const unsent: { line: string; urgent: boolean }[] = [];
  let gathered = "";
  let timer: NodeJS.Timeout | undefined;
  let inFlight = 0;
  const waiting: (() => void)[] = [];
  const settle = () => {
    if (unsent.length === 0 && gathered === "" && inFlight === 0)
      for (const resolve of waiting.splice(0)) resolve();
  };
  const send = () => {
    clearTimeout(timer);
    timer = undefined;
    if (gathered === "") return;
    const lines = gathered;
    gathered = "";
    inFlight += 1;
    target.write(lines, () => {
      inFlight -= 1;
      settle();
    });
  };
  const stream = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, next) {
      const urgent = unsent.shift()?.urgent === true || waiting.length > 0;
      gathered += line;
      if (urgent) setImmediate(send);
      else timer ??= setTimeout(send, GATHER_MS);
      next();
    },
  });
  // A reader that went away (EPIPE) is no reason to die: the work goes on unheard.
  target.on("error", () => {});
  // winston delivers a tick later; `process.exit` leaves it none. These two streams write at once.
  if (target === process.stdout || target === process.stderr) {
    process.once("exit", () => {
      send();
      for (const { line } of unsent.splice(0)) target.write(line);
    });
  }
  const flush = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      send();
      settle();
    });
  const add = (line: string, urgent: boolean) => unsent.push({ line, urgent });
  return { stream, flush, add };
}
