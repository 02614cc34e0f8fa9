import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { createLog } from "./log.ts";
import { createShutdown } from "./shutdown.ts";

function setUp({ graceMs = 5_000 } = {}) {
  const exits: number[] = [];
  const clock = { nowMs: 1_000 };
  const signals = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
  const stream = new PassThrough();
  const log = createLog({ process: "worker", level: "debug", stream });
  const shutdown = createShutdown({ log, graceMs, signals, nowMs: () => clock.nowMs });
  const logged = async () => {
    await log.flush();
    stream.end();
    return text(stream);
  };
  return { shutdown, signals, exits, clock, logged };
}

const never = () => new Promise<never>(() => {});

describe("a shutdown", () => {
  it("runs hooks last first, one after another, and exits with 0", async () => {
    const { shutdown, signals, exits } = setUp();
    const order: string[] = [];
    shutdown.onShutdown("first", () => order.push("first"));
    shutdown.onShutdown("second", async () => {
      expect(shutdown.signal.aborted).toBe(true);
      order.push("second begins");
      await Promise.resolve();
      order.push("second ends");
    });
    expect(shutdown.signal.aborted).toBe(false);
    signals.emit("SIGTERM");
    await shutdown.run("joins the one under way");
    expect(order).toEqual(["second begins", "second ends", "first"]);
    expect(exits).toEqual([0]);
  });

  it("goes on past a hook that throws, one that rejects and one that hangs", async () => {
    const { shutdown, exits, logged } = setUp();
    const order: string[] = [];
    shutdown.onShutdown("last", () => order.push("last"));
    shutdown.onShutdown("throws", () => {
      throw new Error("thrown");
    });
    shutdown.onShutdown("rejects", () => Promise.reject(new Error("rejected")));
    shutdown.onShutdown("hangs", never, { timeoutMs: 5 });
    await shutdown.run("test");
    expect(order).toEqual(["last"]);
    expect(exits).toEqual([0]);
    expect(await logged()).toMatch(/did not close in time.*hangs[\s\S]*rejected[\s\S]*thrown/);
  });

  it("lets all hooks together take no longer than the grace", async () => {
    const { shutdown, exits } = setUp({ graceMs: 10 });
    for (let n = 0; n < 3; n += 1) shutdown.onShutdown(`hangs ${n}`, never);
    const begin = performance.now();
    await shutdown.run("test");
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect(exits).toEqual([0]);
  });

  it("runs a hook that is registered while it runs", async () => {
    const { shutdown } = setUp();
    const closed = Promise.withResolvers<void>();
    shutdown.onShutdown("starts late", () => shutdown.onShutdown("late", () => closed.resolve()));
    await shutdown.run("test");
    await closed.promise;

    const afterwards = Promise.withResolvers<void>();
    shutdown.onShutdown("later still", () => afterwards.resolve());
    await afterwards.promise;
  });

  it("exits at once on a second signal, but takes an echo of the first for the first", () => {
    const { shutdown, signals, exits, clock } = setUp();
    shutdown.onShutdown("hangs", never);
    signals.emit("SIGINT");
    clock.nowMs += 100;
    signals.emit("SIGTERM");
    expect(exits).toEqual([]);
    clock.nowMs += 900;
    signals.emit("SIGINT");
    expect(exits).toEqual([130]);
  });

  it.each(["uncaughtException", "unhandledRejection"])(
    "on %s logs, runs the hooks and exits with 1",
    async (event) => {
      const { shutdown, signals, exits, logged } = setUp();
      const order: string[] = [];
      shutdown.onShutdown("only", () => order.push("only"));
      signals.emit(event, new Error("unforeseen"));
      await shutdown.run("joins");
      expect(order).toEqual(["only"]);
      expect(exits).toEqual([1]);
      expect(await logged()).toContain("unforeseen");
    },
  );

  it("exits with 1 when an error strikes while it runs", async () => {
    const { shutdown, signals, exits } = setUp();
    shutdown.onShutdown("breaks something", () => signals.emit("uncaughtException", "a string"));
    signals.emit("SIGTERM");
    await shutdown.run("joins");
    expect(exits).toEqual([1]);
  });

  it("lets go of the process when disposed", () => {
    const { shutdown, signals } = setUp();
    shutdown.dispose();
    expect(signals.eventNames()).toEqual([]);
  });
});

describe("a real process", () => {
  const children: ChildProcessWithoutNullStreams[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  const start = async (code: string, env: Record<string, string> = {}) => {
    const script = `import { createLog, createShutdown } from ${JSON.stringify(import.meta.resolve("./index.ts"))};
      const log = createLog({ process: "worker", level: "info" });
      const shutdown = createShutdown({ log, graceMs: 5000 });
      const alive = setInterval(() => {}, 1000);
      shutdown.onShutdown("store", () => { log.info("store closed"); });
      ${code}
      log.announce("ready");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...process.env, ...env },
    });
    children.push(child);
    const exit = once(child, "exit");
    let output = "";
    const ready = Promise.withResolvers<void>();
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      if (output.includes('"ready"')) ready.resolve();
    });
    await Promise.race([ready.promise, exit]);
    return {
      child,
      ended: async () => {
        const [exitCode] = await exit;
        return { exitCode, output };
      },
    };
  };

  it.each(["SIGTERM", "SIGINT"] as const)("ends in order with 0 on %s", async (signal) => {
    const { child, ended } = await start("");
    child.kill(signal);
    const { exitCode, output } = await ended();
    expect(exitCode).toBe(0);
    expect(output).toMatch(/store closed[\s\S]*shut down/);
  });

  it.each([
    ["an exception", "setImmediate(() => { throw new Error('unforeseen'); });"],
    ["a rejection", "Promise.reject(new Error('unforeseen'));"],
    [
      "an abort listener that throws",
      "shutdown.signal.addEventListener('abort', () => { throw new Error('unforeseen'); }); shutdown.run('test');",
    ],
  ])("says why and ends with 1 after %s that nobody caught", async (_what, code) => {
    const { ended } = await start(code);
    const { exitCode, output } = await ended();
    expect(exitCode).toBe(1);
    expect(output).toMatch(/unforeseen[\s\S]*store closed|store closed[\s\S]*unforeseen/);
  });
});
