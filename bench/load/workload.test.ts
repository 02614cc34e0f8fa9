import { expect, it } from "vitest";
import { contentBytes, orderRows, workload } from "./workload.ts";

it.each([4, 6, 50])("makes a task of %i steps: half of them turns, half of them calls", (steps) => {
  const { turns } = workload(steps, 1024);
  const calls = turns.flatMap(({ content }) => content).filter(({ type }) => type === "tool_use");
  expect([turns.length, calls.length]).toEqual([steps / 2, steps / 2]);
  expect(turns.at(-1)?.stopReason).toBe("end_turn");
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
});

it("gives results of exactly the size it was asked for, different on every page", () => {
  expect(Buffer.byteLength(orderRows(1, 2048))).toBe(2048);
  expect(orderRows(1, 2048)).not.toBe(orderRows(2, 2048));
});

it("counts what was said, once", () => {
  const six = workload(6, 1024);
  expect(contentBytes(six)).toBeGreaterThan(3 * 1024);
  expect(contentBytes(workload(6, 2048)) - contentBytes(six)).toBe(3 * 1024);
});
