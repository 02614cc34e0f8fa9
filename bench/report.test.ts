import { expect, it } from "vitest";
import { failedFigure, figure } from "./benchmark.ts";
import { describeMachine } from "./machine.ts";
import { jsonReport, tableReport } from "./report.ts";

const report = {
  machine: describeMachine(),
  date: "2026-11-22T12:00:00.000Z",
  results: [
    figure({ name: "fast", value: 10, unit: "ms", reference: 5 }, { atMost: 20 }),
    figure({ name: "slow", value: 30, unit: "ms" }, { atMost: 20 }),
    failedFigure("broken", "the server went away"),
  ],
};

it("shows each figure on a line of its own, with what became of its floor", () => {
  const lines = tableReport(report).split("\n");
  expect(lines.find((line) => line.startsWith("fast"))).toMatch(/10 +ms +5 +2\.00 +20 +ok/);
  expect(lines.find((line) => line.startsWith("slow"))).toMatch(/30 +ms .*20 +MISSED/);
  expect(lines.find((line) => line.startsWith("broken"))).toMatch(/failed .*MISSED +the server went away/);
});

it("is one JSON document with the members that machines rely on", () => {
  const parsed: unknown = JSON.parse(jsonReport(report));
  expect(parsed).toMatchObject({
    machine: { cpus: expect.any(Number) },
    date: report.date,
    results: [
      { name: "fast", value: 10, unit: "ms", reference: 5, ratio: 2, target: 20, ok: true },
      { name: "slow", ok: false },
      { name: "broken", value: null, ok: false },
    ],
  });
});
