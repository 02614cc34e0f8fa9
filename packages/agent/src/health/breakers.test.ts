import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { BreakerPolicy } from "./breaker.ts";
import { type Breakers, openBreakers } from "./breakers.ts";

const POLICY: BreakerPolicy = { failures: 4, tasks: 2, openMs: 1000, openAtMostMs: 2500 };

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** Workers that hear each other, or not. */
function fleet(size: number, isHeard: (message: string) => boolean = () => true) {
  const words: string[] = [];
  const lines: string[] = [];
  const workers: Breakers[] = Array.from({ length: size }, (_, i) =>
    openBreakers({
      worker: `w${i}`,
      publish(message) {
        words.push(JSON.parse(message).word);
        if (isHeard(message)) for (const worker of workers) worker.hear(message);
      },
      nowMs: Date.now,
      random: () => 0,
      log: { info: (line) => void lines.push(line), warn: (line) => void lines.push(line) },
    }),
  );
  // A breaker is made when it is asked for first.
  for (const worker of workers) worker.admit("model:m", POLICY);
  const at = (i: number) => {
    const worker = workers[i];
    if (worker === undefined) throw new RangeError(`there is no worker ${i}`);
    return worker;
  };
  return { at, words, lines };
}

function passAt(worker: Breakers) {
  const passage = worker.admit("model:m", POLICY);
  if (passage.kind !== "go") throw new Error("it is open");
  return passage.pass;
}

describe("the fleet's breakers", () => {
  it("count the failures of all workers together, and open everywhere", async () => {
    const { at } = fleet(2);
    await passAt(at(0)).failed("a");
    await passAt(at(1)).failed("b");
    await passAt(at(0)).failed("a");
    expect(await passAt(at(1)).failed("b")).toBe(true);
    await vi.waitFor(() => expect(at(0).keepsAwayMs("model:m")).toBeGreaterThan(0));
  });

  it("close everywhere when one worker's probe is answered", async () => {
    const { at, words } = fleet(2);
    for (const task of ["a", "b", "a", "b"]) await passAt(at(0)).failed(task);
    await vi.waitFor(() => expect(at(1).isOpen("model:m")).toBe(true));
    vi.setSystemTime(Date.now() + 1000);
    passAt(at(0)).answered();
    await vi.waitFor(() => expect(at(1).isOpen("model:m")).toBe(false));
    expect(words.at(-1)).toBe("closed");
  });

  it("forget failures when any worker is answered", async () => {
    const { at, words } = fleet(2);
    for (const task of ["a", "b", "a"]) await passAt(at(0)).failed(task);
    passAt(at(1)).answered();
    await vi.waitFor(() => expect(words.at(-1)).toBe("answered"));
    await setImmediate();
    expect(await passAt(at(0)).failed("b")).toBe(false);
  });

  it("probe for themselves where the worker that opened them is heard of no more", async () => {
    let isDead = false;
    const { at } = fleet(2, () => !isDead);
    for (const task of ["a", "b", "a", "b"]) await passAt(at(0)).failed(task);
    isDead = true;
    await vi.waitFor(() => expect(at(1).isOpen("model:m")).toBe(true));
    vi.setSystemTime(Date.now() + 1000);
    passAt(at(1)).answered();
    await vi.waitFor(() => expect(at(1).isOpen("model:m")).toBe(false));
  });

  it("send the first one back when a probe is due, and the others one after the other", async () => {
    const { at } = fleet(1);
    for (const task of ["a", "b", "a", "b"]) await passAt(at(0)).failed(task);
    const told = Array.from({ length: 300 }, () => at(0).admit("model:m", POLICY)).map((passage) =>
      passage.kind === "open" ? passage.retryAfterMs : 0,
    );
    expect(told.slice(0, 3)).toEqual([1000, 1100, 1200]);
    expect(Math.max(...told)).toBeLessThanOrEqual(11_200);
  });

  it("say nothing while all is well, and log each change once", async () => {
    const { at, words, lines } = fleet(1);
    for (let i = 0; i < 50; i += 1) passAt(at(0)).answered();
    expect(words).toEqual([]);
    for (const task of ["a", "b", "a", "b"]) await passAt(at(0)).failed(task);
    vi.setSystemTime(Date.now() + 1000);
    passAt(at(0)).answered();
    await vi.waitFor(() =>
      expect(lines).toEqual(["a circuit breaker has opened", "a circuit breaker has closed"]),
    );
  });

  it("do not stumble over a word that is none", () => {
    const { at } = fleet(1);
    for (const message of ["", "{}", "null", '{"from":"x","name":"model:m","word":"shut"}'])
      at(0).hear(message);
    expect(at(0).isOpen("model:m")).toBe(false);
  });
});
