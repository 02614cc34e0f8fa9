import { describe, expect, it } from "vitest";
import { budgetOnTheWire, systemLimits, withBudget } from "./budget.ts";
import { newId, TaskId } from "./ids.ts";
import { moneyOnTheWire, nanoFromUsd, usdFromNano } from "./money.ts";
import { TaskRequest } from "./task-request.ts";

describe("a request", () => {
  it("may be as short as its input", () => {
    expect(TaskRequest.parse({ input: "hi" })).toEqual({ input: "hi" });
  });

  it("may bring documents, whose names differ", () => {
    const documents = [{ name: "a", text: "1" }];
    expect(TaskRequest.safeParse({ input: { text: "x", documents } }).success).toBe(true);
    const twice = [...documents, ...documents];
    expect(TaskRequest.safeParse({ input: { text: "x", documents: twice } }).success).toBe(false);
  });

  const refused: [string, unknown, (string | number)[]][] = [
    ["no input", {}, ["input"]],
    ["an empty input", { input: "" }, ["input"]],
    ["half a character", { input: "\ud800" }, ["input"]],
    ["NUL", { input: "a\0b" }, ["input"]],
    ["an unknown member", { input: "x", on_conflict: "queue" }, []],
    ["an unknown member of the budget", { input: "x", budget: { max_euros: 1 } }, ["budget"]],
    ["a negative budget", { input: "x", budget: { max_cost_usd: -1 } }, ["budget", "max_cost_usd"]],
    ["a budget of nothing", { input: "x", budget: { max_cost_usd: 0 } }, ["budget", "max_cost_usd"]],
    [
      "an endless budget",
      { input: "x", budget: { max_cost_usd: Number.POSITIVE_INFINITY } },
      ["budget", "max_cost_usd"],
    ],
    ["NaN", { input: "x", budget: { max_cost_usd: Number.NaN } }, ["budget", "max_cost_usd"]],
    ["dollars as text", { input: "x", budget: { max_cost_usd: "1" } }, ["budget", "max_cost_usd"]],
    ["half a turn", { input: "x", budget: { max_turns: 1.5 } }, ["budget", "max_turns"]],
    ["a line break in a label", { input: "x", user: "a\nb" }, ["user"]],
    ["a delay into the past", { input: "x", delay_ms: -1 }, ["delay_ms"]],
    ["two times", { input: "x", delay_ms: 1, run_at: "2027-01-01T00:00:00Z" }, ["run_at"]],
    ["a date without a zone", { input: "x", run_at: "2027-01-01T00:00:00" }, ["run_at"]],
    ["an unknown priority", { input: "x", priority: "urgent" }, ["priority"]],
  ];
  it.each(refused)("is refused with %s", (_, request, path) => {
    const parsed = TaskRequest.safeParse(request);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues[0]?.path).toEqual(path);
  });
});

describe("money", () => {
  it("never gives a limit more than was asked for", () => {
    for (const usd of [0.1, 0.29, 1.005, 0.07, 123456.789, 0.000000001]) {
      const nano = nanoFromUsd(usd);
      expect(Number.isSafeInteger(nano)).toBe(true);
      expect(usdFromNano(nano)).toBeLessThanOrEqual(usd);
      expect(usd - usdFromNano(nano)).toBeLessThan(2e-9);
    }
  });

  it("is shown in dollars wherever it stands", () => {
    expect(moneyOnTheWire({ a: [{ cost_nano_usd: 5_000_000 }], n: 1 })).toEqual({
      a: [{ cost_usd: 0.005 }],
      n: 1,
    });
  });
});

it("a budget fills only what it names", () => {
  const limits = withBudget(systemLimits, { max_turns: 7, max_cost_usd: 0.25 });
  expect(limits).toEqual({ ...systemLimits, max_turns: 7, max_cost_nano_usd: 250_000_000 });
  expect(budgetOnTheWire(limits)).toMatchObject({ max_cost_usd: 0.25, timeout_ms: 3_600_000 });
});

it("ids sort by the time they were made", () => {
  const ids = [1, 999, 1_700_000_000_000, 1_700_000_000_001, 9_999_999_999_999].map((ms) =>
    newId("task", ms),
  );
  expect([...ids].sort()).toEqual(ids);
  for (const id of ids) expect(TaskId.safeParse(id).success).toBe(true);
});
