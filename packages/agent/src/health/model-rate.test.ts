import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ModelRate, openModelRate, type RateAdmission } from "./model-rate.ts";
import type { Slice, SliceAsk } from "./slice.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const LIMITS = { requests: 600 };
const told = { limits: LIMITS, remainingRequests: 599 };
const signal = new AbortController().signal;

/** A fleet of one worker: `everyMs` between calls once a limit is told of; until then nothing is known. */
function rate({ everyMs = 100, configured = {}, known = "unknown" as Slice["known"] } = {}) {
  const asks: SliceAsk[] = [];
  let freeAtMs = 0;
  let state = known;
  const model = openModelRate({
    model: "m",
    configured,
    nowMs: Date.now,
    random: () => 0,
    log: { info: () => {}, warn: () => {} },
    async lease(ask) {
      asks.push(ask);
      if (ask.news !== undefined) state = ask.news.kind === "free" ? "free" : "limited";
      if (Object.keys(ask.configured).length > 0) state = "limited";
      const now = Date.now();
      freeAtMs = Math.max(freeAtMs - ask.returnedCalls * everyMs, now);
      const fitting = Math.max(0, Math.ceil((now + ask.horizonMs - freeAtMs) / everyMs));
      const grantedCalls = state === "limited" ? Math.min(ask.wantedCalls, fitting) : 0;
      const firstInMs = freeAtMs - now;
      freeAtMs += grantedCalls * everyMs;
      return {
        known: state,
        limits: state === "limited" ? LIMITS : {},
        grantedCalls,
        firstInMs,
        everyMs: state === "limited" ? everyMs : 0,
        againInMs: 100,
        othersWeight: 0,
        pausedMs: 0,
      };
    },
  });
  return { model, asks };
}

/** Asks for so many calls at once; what became of each is there when time has passed. */
function askMany(model: ModelRate, count: number, tenant = "acme") {
  const admissions: RateAdmission[] = [];
  const goneAtMs: number[] = [];
  for (let i = 0; i < count; i += 1)
    void Promise.resolve(model.admit({ tenant, signal })).then((admission) => {
      admissions.push(admission);
      if (admission.kind === "go") goneAtMs.push(Date.now());
    });
  const of = (kind: "go" | "busy") => admissions.filter((admission) => admission.kind === kind);
  return { of, goneAtMs, admissions };
}

describe("a model of which nothing is known", () => {
  it("is asked by two at first, twice as many each second", async () => {
    const { model } = rate();
    const { of } = askMany(model, 40);
    await vi.advanceTimersByTimeAsync(10);
    expect(of("go")).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1200);
    expect(of("go")).toHaveLength(4);
    model.close();
  });

  it("is asked by everybody once an answer names no limit", async () => {
    const { model, asks } = rate();
    const { of } = askMany(model, 200);
    await vi.advanceTimersByTimeAsync(10);
    const [first] = of("go");
    if (first?.kind === "go") first.call.told(undefined);
    await vi.advanceTimersByTimeAsync(10);
    expect(of("go")).toHaveLength(200);
    // Redis is not asked for what is free.
    const before = asks.length;
    for (let i = 0; i < 1000; i += 1)
      expect(model.admit({ tenant: "acme", signal })).toMatchObject({ kind: "go" });
    await vi.advanceTimersByTimeAsync(5000);
    expect(asks.length - before).toBeLessThanOrEqual(1);
    model.close();
  });
});

describe("a limited model", () => {
  it("is asked at its rate, and who cannot be served soon is sent away, each a little later", async () => {
    const { model } = rate({ configured: LIMITS });
    const { of, goneAtMs, admissions } = askMany(model, 60);
    await vi.advanceTimersByTimeAsync(4000);
    const apart = goneAtMs.slice(1).map((atMs, i) => atMs - (goneAtMs[i] ?? 0));
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(99);
    expect(of("go").length).toBeGreaterThanOrEqual(5);
    const away = admissions.flatMap((one) => (one.kind === "busy" ? [one.retryAfterMs] : []));
    expect(away.length + of("go").length).toBe(60);
    expect(Math.max(...away)).toBeGreaterThan(2000);
    expect(new Set(away).size).toBeGreaterThan(10);
    model.close();
  });

  it("serves tenants in turn", async () => {
    const { model } = rate({ configured: LIMITS, everyMs: 200 });
    const many = askMany(model, 6, "many");
    const few = askMany(model, 2, "few");
    await vi.advanceTimersByTimeAsync(650);
    expect(many.of("go").length).toBeLessThanOrEqual(2);
    expect(few.of("go").length).toBeGreaterThanOrEqual(1);
    model.close();
  });

  it("gives a slot back that nobody used", async () => {
    const { model, asks } = rate({ configured: LIMITS });
    const { of } = askMany(model, 1);
    await vi.advanceTimersByTimeAsync(50);
    const [first] = of("go");
    if (first?.kind === "go") first.call.end({ unused: true });
    await vi.advanceTimersByTimeAsync(2500);
    expect(asks.reduce((sum, { returnedCalls }) => sum + returnedCalls, 0)).toBe(1);
    model.close();
  });

  it("says what tokens a call used, in place of what was expected", async () => {
    const { model, asks } = rate({ configured: LIMITS });
    const { of } = askMany(model, 1);
    await vi.advanceTimersByTimeAsync(50);
    const [first] = of("go");
    const expected = asks[0]?.inputTokens ?? 0;
    if (first?.kind === "go") first.call.end({ inputTokens: 300, outputTokens: 10 });
    askMany(model, 1);
    await vi.advanceTimersByTimeAsync(2500);
    expect(asks.reduce((sum, { unusedInputTokens }) => sum + unusedInputTokens, 0)).toBe(expected - 300);
    model.close();
  });

  it("lets go of who is interrupted while he waits", async () => {
    const { model } = rate({ configured: LIMITS, everyMs: 5000 });
    askMany(model, 1);
    await vi.advanceTimersByTimeAsync(50);
    const abort = new AbortController();
    const waiting = model.admit({ tenant: "acme", signal: abort.signal });
    abort.abort();
    expect(await waiting).toMatchObject({ kind: "busy" });
    model.close();
  });
});

describe("a refusal for the rate", () => {
  it("keeps everybody away for as long as the provider said, and is told to the fleet", async () => {
    const { model, asks } = rate({ configured: LIMITS });
    askMany(model, 1);
    await vi.advanceTimersByTimeAsync(50);
    expect(model.refused(3000)).toBe(true);
    const admission = await model.admit({ tenant: "acme", signal });
    expect(admission).toMatchObject({ kind: "busy" });
    if (admission.kind === "busy") expect(admission.retryAfterMs).toBeGreaterThanOrEqual(3000);
    await vi.advanceTimersByTimeAsync(10);
    expect(asks.at(-1)?.pauseMs).toBe(3000);
    model.close();
  });

  it("is a failure like any other where nothing is known of a limit, and when it does not end", async () => {
    const { model } = rate({ known: "free" });
    expect(model.refused(undefined)).toBe(false);
    expect(model.refused(100)).toBe(true);
    await vi.advanceTimersByTimeAsync(121_000);
    expect(model.refused(100)).toBe(false);
    model.close();
  });

  it("brings the limit with it", async () => {
    const { model, asks } = rate();
    const { of } = askMany(model, 1);
    const [first] = of("go");
    await vi.advanceTimersByTimeAsync(10);
    const call = first ?? of("go")[0];
    if (call?.kind === "go") call.call.told(told);
    await vi.advanceTimersByTimeAsync(10);
    expect(asks.some(({ news }) => news?.kind === "limits")).toBe(true);
    model.close();
  });
});
