import { describe, expect, it } from "vitest";
import type { z } from "zod";
import {
  BudgetLimit,
  BudgetLimitRequest,
  BudgetOnTheWire,
  BudgetTarget,
  isBudgetOfTenant,
  scopeLimit,
  windowBudgetOnTheWire,
} from "./budget-limit.ts";

function faultsOf(schema: z.ZodType, value: unknown): string[] {
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("BudgetLimitRequest", () => {
  it("takes a window and a limit, and a soft threshold and a behaviour where wanted", () => {
    for (const request of [
      { window: "day", limit_usd: 5 },
      { window: "total", limit_usd: 0 },
      { window: "hour", limit_usd: 1_000_000, soft_usd: 1_000_000, on_exceeded: "wait" },
      { window: "month", limit_usd: 0.000000001, soft_usd: 0, on_exceeded: "refuse" },
      { window: "day", limit_usd: 5, soft_usd: null },
    ])
      expect(faultsOf(BudgetLimitRequest, request)).toEqual([]);
  });

  it.each([
    ["a negative amount", -1, "must not be negative"],
    ["the least negative amount", -5e-324, "must not be negative"],
    ["no number", Number.NaN, "must be a number of dollars"],
    ["an endless amount", Number.POSITIVE_INFINITY, "must be a number of dollars"],
    ["text", "5", "must be a number of dollars"],
    ["null", null, "must be a number of dollars"],
    ["nothing", undefined, "must be a number of dollars"],
    ["a list", [5], "must be a number of dollars"],
    ["more than may be", 1_000_000.01, "must be at most 1000000 dollars"],
    ["a huge amount", 1e300, "must be at most 1000000 dollars"],
    ["ten decimals", 0.0000000001, "at most nine decimals"],
    ["a third", 1 / 3, "at most nine decimals"],
    ["less than any money", 5e-324, "at most nine decimals"],
  ])("refuses %s in words", (_what, amount, words) => {
    const [fault, ...more] = faultsOf(BudgetLimitRequest, { window: "day", limit_usd: amount });
    expect(fault).toContain("limit_usd: ");
    expect(fault).toContain(words);
    expect(more).toEqual([]);
    if (amount === null || amount === undefined) return;
    expect(faultsOf(BudgetLimit, { limit_usd: 1, soft_usd: amount }).join()).toContain("soft_usd: ");
  });

  it("refuses a soft threshold above the limit, and points to it", () => {
    for (const [schema, rest] of [
      [BudgetLimitRequest, { window: "day" }],
      [BudgetLimit, {}],
    ] as const) {
      expect(faultsOf(schema, { ...rest, limit_usd: 1, soft_usd: 1.000000001 })).toEqual([
        "soft_usd: must not be above limit_usd",
      ]);
    }
  });

  it.each([
    ["an unknown window", { window: "week", limit_usd: 1 }, "window"],
    ["no window", { limit_usd: 1 }, "window"],
    ["an unknown behaviour", { window: "day", limit_usd: 1, on_exceeded: "ignore" }, "on_exceeded"],
    ["a member nobody knows", { window: "day", limit_usd: 1, limit: 2 }, "limit"],
    ["a limit in another unit", { window: "day", limit_usd: 1, limit_eur: 1 }, "limit_eur"],
  ])("refuses %s", (_what, request, word) => {
    expect(faultsOf(BudgetLimitRequest, request).join()).toContain(word);
  });

  it("takes every amount of at most nine decimals, also where doubles are coarse", () => {
    for (const usd of [0.1, 0.3, 1.1, 999_999.999999999, 123_456.789012345, 0.000000003, 87_000.07]) {
      const limit = { limit_usd: usd };
      expect(faultsOf(BudgetLimit, limit), String(usd)).toEqual([]);
      expect(scopeLimit(limit).limitNanoUsd, String(usd)).toBe(Number((usd * 1e9).toFixed(0)));
    }
  });
});

describe("scopeLimit", () => {
  it("is in nano-dollars, and complete", () => {
    expect(scopeLimit({ limit_usd: 5 })).toEqual({
      limitNanoUsd: 5_000_000_000,
      softNanoUsd: null,
      onExceeded: "refuse",
    });
    expect(scopeLimit({ limit_usd: 0.3, soft_usd: 0.1, on_exceeded: "wait" })).toEqual({
      limitNanoUsd: 300_000_000,
      softNanoUsd: 100_000_000,
      onExceeded: "wait",
    });
  });

  it("knows one zero only", () => {
    expect(Object.is(scopeLimit({ limit_usd: -0, soft_usd: -0 }).limitNanoUsd, 0)).toBe(true);
    expect(Object.is(scopeLimit({ limit_usd: -0, soft_usd: -0 }).softNanoUsd, 0)).toBe(true);
  });
});

describe("BudgetTarget", () => {
  it("takes labels of any language", () => {
    for (const id of ["C-1042", "ünal@example.org", "客户:1", "x".repeat(256), "__proto__"])
      expect(faultsOf(BudgetTarget, { scope: "user", id }), id).toEqual([]);
  });

  it.each([
    ["an unknown scope", { scope: "team", id: "a" }, "scope"],
    ["an empty id", { scope: "user", id: "" }, "id"],
    ["an id that is too long", { scope: "user", id: "x".repeat(257) }, "id"],
    ["a line break", { scope: "feature", id: "a\nb" }, "control characters"],
    ["a NUL", { scope: "session", id: "a\0" }, "control characters"],
    ["half a character", { scope: "user", id: "\ud800" }, "well-formed"],
    ["another id of global", { scope: "global", id: "all" }, 'one id: "global"'],
  ])("refuses %s", (_what, target, words) => {
    expect(faultsOf(BudgetTarget, target).join()).toContain(words);
  });

  it("lets a tenant name itself and no other", () => {
    expect(isBudgetOfTenant({ scope: "tenant", id: "acme" }, "acme")).toBe(true);
    expect(isBudgetOfTenant({ scope: "tenant", id: "acme2" }, "acme")).toBe(false);
    expect(isBudgetOfTenant({ scope: "user", id: "acme2" }, "acme")).toBe(true);
  });
});

describe("windowBudgetOnTheWire", () => {
  const limit = scopeLimit({ limit_usd: 5, soft_usd: 4 });

  it("shows what is spent, held and left, and when it begins anew", () => {
    const endsAtMs = Date.UTC(2026, 10, 23);
    const shown = windowBudgetOnTheWire("day", limit, {
      spentNanoUsd: 1_250_000_001,
      heldNanoUsd: 250_000_000,
      endsAtMs,
      source: "set",
    });
    expect(shown).toEqual({
      window: "day",
      limit_usd: 5,
      spent_usd: 1.250000001,
      held_usd: 0.25,
      left_usd: 3.499999999,
      resets_at: "2026-11-23T00:00:00.000Z",
      soft_usd: 4,
      on_exceeded: "refuse",
      source: "set",
    });
    expect(BudgetOnTheWire.parse(shown)).toEqual(shown);
  });

  it("has nothing left, and never less, where the limit was lowered below what is spent", () => {
    const account = { spentNanoUsd: 6_000_000_000, heldNanoUsd: 1, endsAtMs: 0, source: "config" } as const;
    const shown = windowBudgetOnTheWire("total", limit, account);
    expect(shown).toMatchObject({ left_usd: 0, resets_at: null });
    expect(BudgetOnTheWire.parse(shown)).toEqual(shown);
  });
});
