/**
 * `npm run bench [-- --json] [-- --only NAME[,NAME…]]…`: what we claim about speed, measured here and now beside a
 * reference measured in the same run. Each benchmark has a process of its own, so that none sees another's heap;
 * the whole ends within eight minutes. Exit 0 when all was measured, floors missed or not; 1 when something failed.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { failedFigure } from "./benchmark.ts";
import { benchmarks } from "./benchmarks.ts";
import { chooseRuns } from "./choose.ts";
import { describeMachine } from "./machine.ts";
import { jsonReport, tableReport } from "./report.ts";
import { runInOwnProcess } from "./run-in-own-process.ts";

/** What is not begun by then is left out and said to be. */
const BEGIN_WITHIN_MS = 7 * 60_000;
const END_WITHIN_MS = 7.8 * 60_000;

const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
const options = readArguments();
const chosen = options === undefined ? undefined : chooseRuns(benchmarks, options.only);
if (options === undefined || chosen === undefined) process.exitCode = 1;
else if ("fault" in chosen) {
  say(chosen.fault);
  process.exitCode = 1;
} else {
  const startedAtMs = performance.now();
  const results = [];
  for (const { benchmark, policy, figures } of chosen.runs) {
    const elapsedMs = performance.now() - startedAtMs;
    if (elapsedMs > BEGIN_WITHIN_MS) {
      results.push(...figures.map((name) => failedFigure(name, "not begun: the eight minutes were over")));
      continue;
    }
    say(`${benchmark.name}, appendfsync ${policy}`);
    const limitMs = Math.min(benchmark.limitS * 1000, END_WITHIN_MS - elapsedMs);
    const entry = join(import.meta.dirname, "processes/one-benchmark.ts");
    const measured = await runInOwnProcess({ entry, name: benchmark.name, policy, limitMs, say });
    results.push(
      ...figures.map(
        (name) =>
          ("fault" in measured ? undefined : measured.figures.find((figure) => figure.name === name)) ??
          failedFigure(name, "fault" in measured ? measured.fault : "it yielded no such figure"),
      ),
    );
  }
  const report = { machine: describeMachine(), date: new Date().toISOString(), results };
  process.stdout.write(options.json ? jsonReport(report) : tableReport(report));
  say(`done in ${Math.round((performance.now() - startedAtMs) / 1000)} s`);
  if (results.some(({ value }) => value === null)) process.exitCode = 1;
}

function readArguments(): { json: boolean; only: string[] } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
      },
    });
    const only = values.only.flatMap((names) => names.split(",").map((name) => name.trim()));
    return { json: values.json, only: only.filter((name) => name !== "") };
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    say("usage: npm run bench [-- --json] [-- --only NAME[,NAME…]]");
    return undefined;
  }
}
