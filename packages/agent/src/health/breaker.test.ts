import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Breaker, type BreakerPolicy, createBreaker } from "./breaker.ts";

const POLICY: BreakerPolicy = { failures: 3, tasks: 2, openMs: 1000, openAtMostMs: 2500 };

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const make = () => createBreaker(POLICY, Date.now);

async function fail(breaker: Breaker, ...tasks: string[]): Promise<void> {
  for (const task of tasks) {
    const entry = breaker.admit();
    await breaker.failed(task, entry.kind === "go" && entry.probe);
  }
}

describe("a circuit breaker", () => {
  it("opens after so many failures in a row", async () => {
    const breaker = make();
    await fail(breaker, "a", "b");
    expect(breaker.admit()).toEqual({ kind: "go", probe: false });
    await fail(breaker, "a");
    expect(breaker.admit()).toEqual({ kind: "open", dueInMs: 1000 });
  });

  it("is not opened by one task alone, however often it fails", async () => {
    const breaker = make();
    await fail(breaker, ...Array.from({ length: 20 }, () => "a"));
    expect(breaker.isOpen()).toBe(false);
    await fail(breaker, "b");
    expect(breaker.isOpen()).toBe(true);
  });

  it("begins to count anew with each answer", async () => {
    const breaker = make();
    await fail(breaker, "a", "b");
    await breaker.answered(false);
    await fail(breaker, "a", "b");
    expect(breaker.isOpen()).toBe(false);
  });

  it("opens where most of many calls fail, though never so many in a row", async () => {
    const breaker = createBreaker({ ...POLICY, failures: 100 }, Date.now);
    for (let i = 0; i < 30 && !breaker.isOpen(); i += 1) {
      later(200);
      await fail(breaker, `task ${i}`, `other ${i}`);
      await breaker.answered(false);
    }
    expect(breaker.isOpen()).toBe(true);
  });

  it("lets one probe through once it is due, and closes when that is answered", async () => {
    const breaker = make();
    await fail(breaker, "a", "b", "c");
    later(1000);
    expect(breaker.admit()).toEqual({ kind: "go", probe: true });
    expect(breaker.admit()).toEqual({ kind: "open", dueInMs: 1000 });
    await breaker.answered(true);
    expect(breaker.admit()).toEqual({ kind: "go", probe: false });
  });

  it("stays open longer after each probe that fails, up to a bound", async () => {
    const breaker = make();
    await fail(breaker, "a", "b", "c");
    const waits: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      waits.push(breaker.dueInMs());
      later(breaker.dueInMs());
      await fail(breaker, "a");
    }
    expect(waits).toEqual([1000, 2000, 2500, 2500]);
  });

  it("takes a probe that was not sent for nothing, and does not wait for ever for one that hangs", async () => {
    const breaker = make();
    await fail(breaker, "a", "b", "c");
    later(1000);
    breaker.admit();
    breaker.forgotten(true);
    expect(breaker.admit()).toEqual({ kind: "go", probe: true });
    later(2500);
    expect(breaker.admit()).toEqual({ kind: "go", probe: true });
  });

  it("does not hear of calls that were begun before it opened", async () => {
    const breaker = make();
    await fail(breaker, "a", "b", "c");
    await breaker.answered(false);
    await breaker.failed("d", false);
    expect(breaker.dueInMs()).toBe(1000);
  });

  it("is opened and closed by somebody else's word", async () => {
    const breaker = make();
    await breaker.trip();
    expect(breaker.admit()).toEqual({ kind: "open", dueInMs: 1000 });
    breaker.reset();
    expect(breaker.admit()).toEqual({ kind: "go", probe: false });
  });
});
