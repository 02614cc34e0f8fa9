/** Which benchmarks a command line asks for. */
import { type Benchmark, type FsyncPolicy, named } from "./benchmark.ts";

export type Run = {
  benchmark: Benchmark;
  policy: FsyncPolicy;
  /** The figures asked for, by their full names. */
  figures: readonly string[];
};

/** `--only` takes a figure (`idle_latency_p50_always`) or a benchmark (`idle_latency`: all of its figures). */
export function chooseRuns(
  benchmarks: readonly Benchmark[],
  only: readonly string[],
): { runs: Run[] } | { fault: string } {
  const unknown = only.filter((name) => !benchmarks.some((benchmark) => namesOf(benchmark).includes(name)));
  if (unknown.length > 0) {
    const known = benchmarks.flatMap(namesOf).join("\n  ");
    return { fault: `There is no benchmark ${unknown.join(", ")}. There are:\n  ${known}` };
  }
  const runs = benchmarks.flatMap((benchmark) =>
    benchmark.policies.flatMap((policy) => {
      const all = benchmark.figures.map((figure) => named(figure, policy));
      const wanted = only.length === 0 || only.includes(benchmark.name);
      const figures = wanted ? all : all.filter((figure) => only.includes(figure));
      return figures.length === 0 ? [] : [{ benchmark, policy, figures }];
    }),
  );
  return { runs };
}

function namesOf(benchmark: Benchmark): string[] {
  const figures = benchmark.policies.flatMap((policy) =>
    benchmark.figures.map((figure) => named(figure, policy)),
  );
  return [...new Set([benchmark.name, ...figures])];
}
