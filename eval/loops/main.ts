/**
 * `npm run eval:loops [-- --json] [-- --misses]`: how well loops are told from honest work, over the labelled corpus in
 * this folder, beside three rule sets known from the field. Exit 1 where ours is below what we promise.
 */
import { defaultLoopPolicy, fieldLoopRules, type LoopPolicy } from "@pawl/agent";
import { readCorpus } from "./corpus.ts";
import { score, type Watched, watch } from "./score.ts";

const PROMISED = { precision: 0.98, recall: 0.95 };

const flags = new Set(process.argv.slice(2));
const corpus = readCorpus(import.meta.dirname);
const policies: Record<string, LoopPolicy> = { "Pawl's defaults": defaultLoopPolicy, ...fieldLoopRules };
const parts: Record<string, (watched: Watched) => boolean> = {
  all: () => true,
  tuned: ({ trace }) => trace.split === "tuned",
  "held out": ({ trace }) => trace.split === "held_out",
};

const results = Object.entries(policies).map(([name, policy]) => {
  const watched = corpus.map((trace) => watch(trace, policy));
  const scores = Object.entries(parts).map(([part, belongs]) => ({
    part,
    ...score(watched.filter(belongs)),
  }));
  return { name, watched, scores };
});

if (flags.has("--json"))
  process.stdout.write(
    `${JSON.stringify(
      results.map(({ name, scores }) => ({ name, scores })),
      null,
      2,
    )}\n`,
  );
else {
  const line = (...cells: (string | number)[]) =>
    process.stdout.write(
      `${cells.map((cell, at) => (at < 2 ? `${cell}`.padEnd(at === 0 ? 38 : 10) : `${cell}`.padStart(11))).join("")}\n`,
    );
  line("rules", "part", "loops", "honest", "precision", "recall", "turns", "blocked", "warned");
  for (const { name, scores } of results)
    for (const {
      part,
      loops,
      honest,
      precision,
      recall,
      medianTurnsToStop = "-",
      honestBlocked,
      honestWarned,
    } of scores)
      line(
        name,
        part,
        loops,
        honest,
        precision.toFixed(3),
        recall.toFixed(3),
        medianTurnsToStop,
        honestBlocked,
        honestWarned,
      );
  process.stdout.write(
    "turns: median from the first useless turn to the stop. blocked, warned: honest traces that were, stopped or not.\n",
  );
}
if (flags.has("--misses"))
  for (const { trace, stoppedInTurn, rule, warned } of results[0]?.watched ?? [])
    if ((stoppedInTurn === undefined) === (trace.label === "loop") || (trace.label === "honest" && warned))
      process.stdout.write(
        `${trace.name}: ${stoppedInTurn === undefined ? "not stopped" : `stopped in turn ${stoppedInTurn}`} ${rule ?? ""}\n`,
      );

const [all] = results[0]?.scores ?? [];
if (all === undefined || all.precision < PROMISED.precision || all.recall < PROMISED.recall)
  process.exitCode = 1;
