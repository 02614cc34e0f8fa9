import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type LeaseDeps, openLeases } from "./leases.ts";

const LOCK_MS = 5000;
let lost: string[];
let renewed: string[][];

beforeEach(() => {
  vi.useFakeTimers();
  lost = [];
  renewed = [];
});
afterEach(() => void vi.useRealTimers());

function leasesWith(renew: LeaseDeps["renew"]) {
  return openLeases({
    lockDurationMs: LOCK_MS,
    renew: (ids, tokens) => {
      renewed.push(ids);
      return renew(ids, tokens);
    },
    onLost: (jobId) => lost.push(jobId),
    onError: () => {},
    nowMs: () => Date.now(),
  });
}

describe("a lease", () => {
  it("is held as long as its renewals are granted", async () => {
    const leases = leasesWith(async () => []);
    const lease = leases.take("a.1", "token", 0);
    await vi.advanceTimersByTimeAsync(10 * LOCK_MS);
    expect(lease.holds()).toBe(true);
    expect(lost).toEqual([]);
    expect(renewed.length).toBeGreaterThan(30);
    leases.close();
  });

  it("is given up before the lock lapses when renewals get no answer", async () => {
    const leases = leasesWith(() => new Promise(() => {}));
    const lease = leases.take("a.1", "token", 0);
    await vi.advanceTimersByTimeAsync(LOCK_MS * 0.8);
    expect(lease.holds()).toBe(true);
    await vi.advanceTimersByTimeAsync(LOCK_MS * 0.15);
    expect(lease.holds()).toBe(false);
    expect(lost).toEqual(["a.1"]);
    leases.close();
  });

  it("counts from the moment its renewal was sent, not from when the answer came", async () => {
    const answers: (() => void)[] = [];
    const leases = leasesWith(() => new Promise((resolve) => answers.push(() => resolve([]))));
    const lease = leases.take("a.1", "token", 0);
    await vi.advanceTimersByTimeAsync(1600);
    await vi.advanceTimersByTimeAsync(2400);
    answers[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    // Sent at 1515: over at 1515 + 4250.
    await vi.advanceTimersByTimeAsync(1700);
    expect(lease.holds()).toBe(true);
    await vi.advanceTimersByTimeAsync(300);
    expect(lease.holds()).toBe(false);
    leases.close();
  });

  it("is known to be over right after a pause, before any timer fires", () => {
    const leases = leasesWith(async () => []);
    const lease = leases.take("a.1", "token", 0);
    vi.setSystemTime(Date.now() + 2 * LOCK_MS);
    expect(lease.holds()).toBe(false);
    leases.close();
  });

  it("is over when the lock was found gone, and is told of once", async () => {
    const leases = leasesWith(async () => ["a.1"]);
    leases.take("a.1", "token", 0);
    const neighbour = leases.take("b.1", "token", 0);
    await vi.advanceTimersByTimeAsync(LOCK_MS);
    expect(lost).toEqual(["a.1"]);
    expect(neighbour.holds()).toBe(true);
    leases.close();
  });

  it("begins when its lock was asked for", () => {
    const leases = leasesWith(async () => []);
    const lease = leases.take("a.1", "token", LOCK_MS);
    expect(lease.holds()).toBe(false);
    leases.close();
  });

  it("of an earlier start is not renewed for the one after it", async () => {
    let answer = () => {};
    const leases = leasesWith(
      () =>
        new Promise((resolve) => {
          answer = () => resolve(["a.1"]);
        }),
    );
    const first = leases.take("a.1", "first", 0);
    await vi.advanceTimersByTimeAsync(1600);
    first.drop();
    const lease = leases.take("a.1", "second", 0);
    first.drop();
    expect(first.holds()).toBe(false);
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(lease.holds()).toBe(true);
    expect(lost).toEqual([]);
    leases.close();
  });
});
