import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { createLog, type Log, type LogOptions } from "./log.ts";
import { logLevels } from "./log-level.ts";

const now = () => new Date("2026-11-22T16:04:05.678Z");

/** What a log prints while `speak` runs. */
async function printed(options: Partial<LogOptions>, speak: (log: Log) => void): Promise<string> {
  const stream = new PassThrough();
  const log = createLog({ process: "worker", level: "info", now, stream, ...options });
  speak(log);
  await log.flush();
  stream.end();
  return text(stream);
}

async function printedLines(options: Partial<LogOptions>, speak: (log: Log) => void) {
  const lines = (await printed(options, speak)).split("\n");
  expect(lines.pop()).toBe("");
  return lines.map((line): Record<string, unknown> => JSON.parse(line));
}

describe("a log that no terminal reads", () => {
  it("writes one JSON object a line, with its own members first and in order", async () => {
    const output = await printed({}, (log) =>
      log.child({ tenant: "t1" }).info("claimed", { task: "task_1", n: 2 }),
    );
    expect(output).toBe(
      '{"level":"info","message":"claimed","time":"2026-11-22T16:04:05.678Z","process":"worker",' +
        '"tenant":"t1","task":"task_1","n":2}\n',
    );
  });

  it("says as much as its level allows", async () => {
    const speak = (log: Log) => {
      log.error("e");
      log.warn("w");
      log.info("i");
      log.debug("d");
    };
    const said = async (level: LogOptions["level"]) =>
      (await printedLines({ level }, speak)).map(({ level }) => level);
    expect(await said("silent")).toEqual([]);
    expect(await said("error")).toEqual(["error"]);
    expect(await said("warn")).toEqual(["error", "warn"]);
    expect(await said("info")).toEqual(["error", "warn", "info"]);
    expect(await said("debug")).toEqual(["error", "warn", "info", "debug"]);
  });

  it.each(logLevels)("announces at level %s", async (level) => {
    const lines = await printedLines({ level }, (log) => log.announce("listening", { port: 3000 }));
    expect(lines).toMatchObject([{ level: "info", message: "listening", port: 3000 }]);
  });

  it("hands fields down to children, which may change or drop them", async () => {
    const lines = await printedLines({}, (log) => {
      const child = log.child({ tenant: "a", task: "t" }).child({ task: "u", tenant: undefined });
      child.info("x", { step: 1 });
      log.info("y");
    });
    expect(lines[0]).toMatchObject({ task: "u", step: 1 });
    expect(lines[0]).not.toHaveProperty("tenant");
    expect(lines[1]).not.toHaveProperty("task");
  });

  it("lets no field pass for the line's own members", async () => {
    const [line] = await printedLines({}, (log) =>
      log.info("real", { message: "forged", level: "error", time: 0 }),
    );
    expect(line).toMatchObject({
      message: "real",
      level: "info",
      message_: "forged",
      level_: "error",
      time_: 0,
    });
  });

  it("redacts messages, fields and children's fields", async () => {
    const output = await printed({}, (log) =>
      log.child({ apiKey: "swordfish" }).info("at redis://:swordfish@h", { url: "http://a:swordfish@h/" }),
    );
    expect(output).not.toContain("swordfish");
    expect(output).toContain("[redacted]");
  });

  it("tells an error with code and causes, and its stack at debug only", async () => {
    const error = new Error("outer", { cause: Object.assign(new Error("inner"), { code: "ECONNRESET" }) });
    const [line] = await printedLines({}, (log) => log.error("failed", { error }));
    expect(line?.error).toEqual({
      name: "Error",
      message: "outer",
      cause: { name: "Error", message: "inner", code: "ECONNRESET" },
    });
    const [atDebug] = await printedLines({ level: "debug" }, (log) => log.error("failed", error));
    expect(JSON.stringify(atDebug?.error)).toContain("log.test.ts");
  });

  it("logs an object as it was when it was logged", async () => {
    const budget = { left: 2 };
    const [line] = await printedLines({}, (log) => {
      log.info("x", { budget });
      budget.left = 1;
    });
    expect(line?.budget).toEqual({ left: 2 });
  });
});

describe("a log at a terminal", () => {
  const terminal = { isTerminal: true };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
  const bare = (output: string) => output.replace(/\x1b\[\d*m/g, "");

  it("writes readable one-liners", async () => {
    const output = await printed(terminal, (log) =>
      log.warn("slow", { task: "task_1", text: "two words", n: 3 }),
    );
    expect(bare(output)).toBe('16:04:05.678 warn  worker slow task=task_1 text="two words" n=3\n');
  });

  it("writes an error and its causes on one line, and stacks below it at debug", async () => {
    const error = new TypeError("fetch failed", {
      cause: Object.assign(new Error("refused"), { code: "ECONN" }),
    });
    const output = bare(await printed(terminal, (log) => log.error("no", { error })));
    expect(output).toContain('error="TypeError: fetch failed ← Error: refused (ECONN)"'.replaceAll('"', ""));
    expect(output.trimEnd()).not.toContain("\n");
    const lines = bare(await printed({ ...terminal, level: "debug" }, (log) => log.error("no", error))).split(
      "\n",
    );
    expect(lines.slice(1, -1).every((line) => line.startsWith("    "))).toBe(true);
    expect(lines.length).toBeGreaterThan(3);
  });

  it("shows control characters, newlines and direction marks instead of obeying them", async () => {
    const evil = "a\n16:00 info forged\r\x1b[2J\x9b1A\u202e\u2028z\ud800";
    const output = bare(await printed(terminal, (log) => log.info(evil, { [evil]: evil, deep: { evil } })));
    expect(output.split("\n")).toHaveLength(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
    expect(output.trimEnd()).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800]/);
    expect(output).toContain("a\\n16:00 info forged\\r\\x1b[2J\\x9b1A\\u202e\\u2028z");
    const json = await printed({}, (log) => log.info(evil));
    expect(json).not.toMatch(/[\x7f-\x9f\u2028-\u202e]/);
    expect(JSON.parse(json).message).toBe(evil);
  });
});

describe("a log call never throws", () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  const hostile = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("no");
      },
      get: () => {
        throw new Error("no");
      },
    },
  );
  const cases: [what: string, fields: Record<string, unknown>][] = [
    ["a cycle", { loop }],
    ["a big integer", { n: 10n ** 30n }],
    [
      "a throwing getter",
      Object.defineProperty({}, "x", {
        enumerable: true,
        get: () => {
          throw new Error("no");
        },
      }),
    ],
    [
      "a throwing toJSON",
      {
        x: {
          toJSON: () => {
            throw new Error("no");
          },
        },
      },
    ],
    ["a hostile proxy", { hostile }],
    ["a symbol and a function", { s: Symbol("s"), f: () => 1 }],
    ["a prototype key", JSON.parse('{"__proto__":{"x":1},"constructor":2}')],
    ["an invalid date", { at: new Date(Number.NaN) }],
    ["nothing of use", { a: undefined, b: null, c: Number.NaN }],
  ];
  it.each(cases)("on %s", async (_what, fields) => {
    for (const isTerminal of [true, false]) {
      const output = await printed({ isTerminal }, (log) => log.info("still here", fields));
      expect(output).toContain("still here");
      expect(output.trimEnd()).not.toContain("\n");
    }
  });

  it("on fields that no types would allow", async () => {
    const lines = await printedLines({}, (log) => {
      Reflect.apply(log.info, log, ["null", null]);
      Reflect.apply(log.info, log, [
        {
          toString: () => {
            throw new Error("no");
          },
          toJSON: hostile,
        },
      ]);
      Reflect.apply(log.info, log, ["proxy", hostile]);
      Reflect.apply(log.info, log, [undefined]);
      log.info("last");
    });
    expect(lines.map(({ message }) => message)).toEqual([
      "null",
      "[unreadable]",
      "proxy",
      "undefined",
      "last",
    ]);
  });

  it("on text and structures without measure, of which it keeps a part", async () => {
    const [line] = await printedLines({}, (log) =>
      log.info("x".repeat(10_000_000), { text: "y".repeat(20_000) }),
    );
    expect(String(line?.message)).toMatch(/^x{8192}… \[cut from 10000000 characters\]$/);
    const output = await printed({}, (log) =>
      log.info(
        "wide",
        Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`f${n}`, "z".repeat(8_000)])),
      ),
    );
    expect(output.length).toBeLessThan(66_000);
    expect(JSON.parse(output)).toMatchObject({ message: "wide" });
  });

  it("on a stream that is gone", async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
    const log = createLog({ process: "worker", level: "info", stream });
    for (let n = 0; n < 100; n += 1) log.info("unheard");
    await log.flush();
    log.info("after");
    await log.flush();
    expect(stream.destroyed).toBe(true);
  });
});

describe("leaving", () => {
  const logUrl = new URL("./log.ts", import.meta.url).href;
  const run = async (code: string, stdout: "pipe" | "ignore" = "pipe") => {
    const script = `import { createLog } from ${JSON.stringify(logUrl)};
      const log = createLog({ process: "api", level: "info" }); ${code}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", stdout, "inherit"],
    });
    const exit = once(child, "exit");
    const output = child.stdout === null ? "" : await text(child.stdout);
    const [exitCode] = await exit;
    return { output, exitCode };
  };

  it("gathers ordinary lines for a moment, and lets none wait behind a warning", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const writes: string[][] = [];
      const stream = new Writable({
        write(chunk, _encoding, next) {
          const lines = String(chunk).trimEnd().split("\n");
          writes.push(lines.map((line): string => JSON.parse(line).message));
          next();
        },
      });
      const log = createLog({ process: "worker", level: "info", now, stream });
      for (const message of ["one", "two"]) {
        log.info(message);
        await turn();
        await turn();
      }
      expect(writes).toEqual([]);
      vi.advanceTimersByTime(50);
      expect(writes).toEqual([["one", "two"]]);
      log.info("three");
      log.warn("four");
      await turn();
      await turn();
      expect(writes).toEqual([
        ["one", "two"],
        ["three", "four"],
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("loses no line when the process exits at once", async () => {
    const { output } = await run(
      "for (let n = 0; n < 500; n += 1) log.info('line', { n }); process.exit(0);",
    );
    const numbers = output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).n);
    expect(numbers).toEqual(Array.from({ length: 500 }, (_, n) => n));
  });

  it("survives a reader that closes the pipe", async () => {
    const script = `import { createLog } from ${JSON.stringify(logUrl)};
      const log = createLog({ process: "api", level: "info" });
      log.announce("ready");
      process.stdin.on("end", async () => {
        for (let n = 0; n < 100; n += 1) { log.info("unheard"); await log.flush(); }
        process.exit(7);
      }).resume();`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const exit = once(child, "exit");
    await once(child.stdout, "data");
    child.stdout.destroy();
    await once(child.stdout, "close");
    child.stdin.end();
    expect((await exit)[0]).toBe(7);
  });
});
