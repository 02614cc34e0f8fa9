import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultLoopPolicy, fieldLoopRules } from "@pawl/agent";
import { expect, it } from "vitest";
import { readCorpus } from "./corpus.ts";
import { generatedTraces } from "./generate.ts";
import { score, watch } from "./score.ts";

const corpus = readCorpus(import.meta.dirname);
const ours = corpus.map((trace) => watch(trace, defaultLoopPolicy));

it("holds at least 60 loops and 60 honest traces, 20 of them written by hand", () => {
  const { loops, honest } = score(ours);
  expect(Math.min(loops, honest)).toBeGreaterThanOrEqual(60);
  expect(corpus.filter(({ name }) => name.startsWith("hand: ")).length).toBeGreaterThanOrEqual(20);
  expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
});

it("is what the templates generate", () => {
  const lines = generatedTraces().map((trace) => `${JSON.stringify(trace)}\n`);
  expect(readFileSync(join(import.meta.dirname, "generated.jsonl"), "utf8")).toBe(lines.join(""));
});

it.each(["tuned", "held_out"])("is told apart as promised: %s", (split) => {
  const { precision, recall } = score(ours.filter(({ trace }) => trace.split === split));
  expect(precision).toBeGreaterThanOrEqual(0.98);
  expect(recall).toBeGreaterThanOrEqual(0.95);
});

it("is told apart better than by any of the field's rule sets", () => {
  for (const rules of Object.values(fieldLoopRules)) {
    const theirs = score(corpus.map((trace) => watch(trace, rules)));
    expect(score(ours).precision).toBeGreaterThan(theirs.precision);
    expect(score(ours).recall).toBeGreaterThan(theirs.recall);
  }
});

it("has no chase that goes on for more than 25 calls", () => {
  const chases = ours.filter(({ trace }) => trace.kind.startsWith("chase"));
  for (const { stoppedAfter } of chases) expect(stoppedAfter).toBeLessThanOrEqual(25);
});

it("has no repetition that goes on for more than 3 turns, unless something was waited for", () => {
  const rules = ["same_result", "same_error", "cycle"];
  for (const { trace, rule = "", stoppedInTurn = 0 } of ours)
    if (trace.label === "loop" && rules.includes(rule) && trace.useless_from !== undefined)
      expect(stoppedInTurn - trace.useless_from, trace.name).toBeLessThanOrEqual(3);
});

it("is told apart as well when the dice fall otherwise", () => {
  const { precision, recall } = score(
    generatedTraces(4711, 4).map((trace) => watch(trace, defaultLoopPolicy)),
  );
  expect(precision).toBeGreaterThanOrEqual(0.98);
  expect(recall).toBeGreaterThanOrEqual(0.95);
});
