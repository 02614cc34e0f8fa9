import { expect, it } from "vitest";
import { z } from "zod";
import { ConfigError, defineConfig } from "./define-config.ts";
import { defineTool } from "./define-tool.ts";

it("a configuration that says nothing of capacity has a breaker, and learns its limits", () => {
  expect(defineConfig({ agents: {} }).capacity).toEqual({
    breaker: { failures: 5, tasks: 2, openMs: 1000, openAtMostMs: 2500 },
    limits: {},
  });
});

it("limits are read by model, and a breaker is never open for less than it begins with", () => {
  const { capacity } = defineConfig({
    agents: {},
    capacity: { breaker: { open_ms: 5000 }, models: { m: { requests_per_minute: 50 } } },
  });
  expect(capacity.breaker).toMatchObject({ openMs: 5000, openAtMostMs: 5000 });
  expect(capacity.limits).toEqual({ m: { requests: 50 } });
});

it.each([
  [{ models: { m: { requests_per_minute: 0 } } }],
  [{ models: { m: { rpm: 50 } } }],
  [{ breaker: { failures: 0 } }],
  [{ breakers: {} }],
])("%j is refused", (capacity) => {
  expect(() => defineConfig({ agents: {}, capacity: capacity as object })).toThrow(ConfigError);
});

it.each([
  [{}, true],
  [{ failures: 3 }, true],
  [{ failures: 0 }, false],
  [{ after: 3 }, false],
  [false, false],
])("a tool's breaker may be %j: %s", (breaker, isFine) => {
  const tool = {
    name: "look",
    description: "x",
    input: z.object({}),
    effect: "read" as const,
    run: () => "",
  };
  const define = () => defineTool({ ...tool, breaker: breaker as true });
  if (isFine) expect(define()).toMatchObject({ breaker });
  else expect(define).toThrow(/breaker must be true/);
});
