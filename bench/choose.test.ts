import { expect, it } from "vitest";
import type { Benchmark } from "./benchmark.ts";
import { chooseRuns } from "./choose.ts";

const run = async () => [];
const both: Benchmark = {
  name: "latency",
  figures: ["latency_p50", "latency_p99"],
  policies: ["everysec", "always"],
  limitS: 1,
  run,
};
const one: Benchmark = { ...both, name: "bytes", figures: ["bytes"], policies: ["everysec"] };

function chosen(...only: string[]): string[] {
  const choice = chooseRuns([both, one], only);
  return "fault" in choice ? [choice.fault] : choice.runs.flatMap(({ figures }) => figures);
}

it("runs everything under every policy when nothing is named", () => {
  expect(chosen()).toEqual([
    "latency_p50",
    "latency_p99",
    "latency_p50_always",
    "latency_p99_always",
    "bytes",
  ]);
});

it("runs one figure under one policy when that is named", () => {
  expect(chosen("latency_p99_always")).toEqual(["latency_p99_always"]);
});

it("runs all figures of a benchmark that is named", () => {
  expect(chosen("latency")).toHaveLength(4);
  expect(chosen("bytes")).toEqual(["bytes"]);
});

it("names what there is when it is asked for what there is not", () => {
  expect(chosen("speed")[0]).toMatch(/no benchmark speed[\s\S]*latency_p50_always/);
});
