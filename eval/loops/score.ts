/** Lets a policy watch the corpus, and counts: what it stopped, what it let go, and how soon. */
import { createLoopDetector, type LoopPolicy, type LoopVerdict } from "@pawl/agent";
import type { Trace } from "./trace.ts";

export type Watched = {
  trace: Trace;
  /** Rows seen when it was stopped; undefined: never. */
  stoppedAfter: number | undefined;
  stoppedInTurn: number | undefined;
  blocked: boolean;
  warned: boolean;
  rule: LoopVerdict["rule"];
};

export type Score = {
  precision: number;
  recall: number;
  loops: number;
  honest: number;
  /** Turns from the first useless one to the stop, median of the loops that were stopped. */
  medianTurnsToStop: number | undefined;
  /** Honest traces that were blocked or warned, though not stopped. */
  honestBlocked: number;
  honestWarned: number;
};

/** Only a stop counts as a finding: a warning costs an honest task nothing. */
export function watch(trace: Trace, policy: Partial<LoopPolicy>): Watched {
  const detector = createLoopDetector({ ...policy, tools: { ...policy.tools, ...declared(trace, policy) } });
  const watched: Watched = {
    trace,
    stoppedAfter: undefined,
    stoppedInTurn: undefined,
    blocked: false,
    warned: false,
    rule: undefined,
  };
  for (const [at, row] of trace.rows.entries()) {
    const { input, tool, isError, text, atMs } = row;
    const { verdict, rule } = detector.observe({
      turn: row.turn,
      ...(input === undefined ? {} : { input }),
      ...(tool === undefined ? {} : { tool, args: row.args, result: row.result }),
      ...(isError === undefined ? {} : { isError }),
      ...(text === undefined ? {} : { text }),
      ...(atMs === undefined ? {} : { atMs }),
    });
    if (verdict !== "ok") watched.warned = true;
    if (verdict === "block" || verdict === "stop") watched.blocked = true;
    if (verdict === "ok") continue;
    watched.rule = rule;
    if (verdict !== "stop") continue;
    return { ...watched, stoppedAfter: at + 1, stoppedInTurn: row.turn };
  }
  return watched;
}

/** The field's rule sets know no polling: it is declared to ours alone. */
function declared({ poll = {} }: Trace, policy: Partial<LoopPolicy>): LoopPolicy["tools"] {
  if (policy.compare === "verbatim") return {};
  return Object.fromEntries(Object.entries(poll).map(([tool, one]) => [tool, { poll: one }]));
}

export function score(watched: readonly Watched[]): Score {
  const loops = watched.filter(({ trace }) => trace.label === "loop");
  const honest = watched.filter(({ trace }) => trace.label === "honest");
  const found = loops.filter(({ stoppedAfter }) => stoppedAfter !== undefined);
  const wrong = honest.filter(({ stoppedAfter }) => stoppedAfter !== undefined);
  const delays = found
    .flatMap(({ stoppedInTurn = 0, trace }) =>
      trace.useless_from === undefined ? [] : [stoppedInTurn - trace.useless_from],
    )
    .sort((a, b) => a - b);
  return {
    precision: found.length + wrong.length === 0 ? 1 : found.length / (found.length + wrong.length),
    recall: loops.length === 0 ? 1 : found.length / loops.length,
    loops: loops.length,
    honest: honest.length,
    medianTurnsToStop: delays[Math.floor(delays.length / 2)],
    honestBlocked: honest.filter(({ blocked }) => blocked).length,
    honestWarned: honest.filter(({ warned }) => warned).length,
  };
}
