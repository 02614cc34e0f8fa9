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
    await vi.advanceTimersByTimeAsync(3500);
    expect(renewed).toHaveLength(1);
    answers[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    // Sent at 1000: over at 1000 + 4250.
    await vi.advanceTimersByTimeAsync(1700);
    expect(lease.holds()).toBe(true);
    await vi.advanceTimersByTimeAsync(100);
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

  it("outlives a pause of three seconds, whenever it comes", async () => {
    for (let phaseMs = 0; phaseMs <= 1500; phaseMs += 50) {
      const leases = leasesWith(async () => []);
      const lease = leases.take("a.1", "token", 0);
      await vi.advanceTimersByTimeAsync(2000 + phaseMs);
      vi.setSystemTime(Date.now() + 3000);
      expect(lease.holds(), `paused ${phaseMs} ms after a renewal`).toBe(true);
      await vi.advanceTimersByTimeAsync(LOCK_MS);
      expect(lease.holds()).toBe(true);
      leases.close();
    }
    expect(lost).toEqual([]);
  });
});

describe("many leases", () => {
  const MANY = 10_000;
  const ROUND_TRIP_MS = 5;
  const slowly = () => new Promise<string[]>((resolve) => void setTimeout(() => resolve([]), ROUND_TRIP_MS));
  const takeMany = (leases: ReturnType<typeof openLeases>) =>
    Array.from({ length: MANY }, (_, i) => leases.take(`task_${i}.1`, `token:${i}`, 0));

  it("are all kept, by calls of bounded size, none asked for again before its reply", async () => {
    const asked = new Set<string>();
    const [twice, sizes]: [string[], number[]] = [[], []];
    const leases = openLeases({
      lockDurationMs: LOCK_MS,
      // The event loop is so busy that each reply takes almost as long as a lease may stand without one.
      renew: async (ids) => {
        sizes.push(ids.length);
        twice.push(...ids.filter((id) => asked.has(id)));
        for (const id of ids) asked.add(id);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        for (const id of ids) asked.delete(id);
        return [];
      },
      onLost: (jobId) => lost.push(jobId),
      onError: () => {},
      nowMs: () => Date.now(),
    });
    const all = takeMany(leases);
    await vi.advanceTimersByTimeAsync(3 * LOCK_MS);
    expect(all.every((lease) => lease.holds())).toBe(true);
    expect(lost).toEqual([]);
    expect(twice).toEqual([]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
    leases.close();
  });

  it("that were taken at one moment come to be renewed evenly over time, and no oftener than a few", async () => {
    const leases = leasesWith(slowly);
    takeMany(leases);
    await vi.advanceTimersByTimeAsync(2 * LOCK_MS);
    renewed = [];
    const perTick: number[] = [];
    for (let tick = 0; tick < 50; tick++) {
      const before = renewed.length;
      await vi.advanceTimersByTimeAsync(100);
      perTick.push(renewed.slice(before).flat().length);
    }
    expect(Math.max(...perTick)).toBeLessThanOrEqual(1.5 * (MANY / 10));
    // Five times in a lock's life, give or take.
    expect(perTick.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(1.1 * 5 * MANY);
    leases.close();
  });

  it("are given up in time while the reply to one of their slices never comes", async () => {
    const leases = leasesWith(() => new Promise(() => {}));
    takeMany(leases);
    await vi.advanceTimersByTimeAsync(LOCK_MS * 0.95);
    expect(lost).toHaveLength(MANY);
    leases.close();
  });
});
