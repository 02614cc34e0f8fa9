/**
 * Most tasks end within three turns, and in those nothing can be wrong as long as every call is another one: no
 * repetition, no chain long enough, no row of idle turns. So they are only kept, at next to no cost, and judged
 * together once something might be wrong: a call comes again, a fourth turn begins, there is talk and nothing done. Only
 * then is the detector made.
 */
import { fingerprint } from "./fingerprint.ts";
import type { LoopDetector, LoopObservation } from "./loop-detector.ts";
import type { Ladder, LoopPolicy } from "./loop-policy.ts";

const SPARED_TURNS = 3;
/** What three turns can come to at most, rounded up: see news.ts and chase.ts. */
const MOST_IDLE = 6;
const MOST_STALE = 4;

/** The same verdicts as the detector's own; under a policy stricter than the above, the detector itself. */
export function spareFirstTurns(makeDetector: () => LoopDetector, policy: LoopPolicy): LoopDetector {
  if (!allows(policy)) return makeDetector();
  let detector: LoopDetector | undefined;
  const kept: LoopObservation[] = [];
  let turn = { number: Number.NaN, called: true };
  let calledBefore = true;
  let turns = 0;
  let spoke = false;
  const asked = new Set<number>();

  function canWait({ turn: number, tool, args, text }: LoopObservation): boolean {
    if (number !== turn.number) {
      turns += 1;
      calledBefore = turn.called;
      turn = { number, called: false };
    }
    if (turns > SPARED_TURNS) return false;
    if (tool !== undefined) {
      const call = fingerprint(tool, args, policy);
      if (asked.has(call)) return false;
      asked.add(call);
      turn.called = true;
    }
    const isIdleTalk = text !== undefined && spoke && !calledBefore;
    spoke ||= text !== undefined;
    return !isIdleTalk;
  }

  function judging(): LoopDetector {
    detector ??= makeDetector();
    for (const observation of kept.splice(0)) detector.observe(observation);
    return detector;
  }

  return {
    observe(observation) {
      if (detector !== undefined || !canWait(observation)) return judging().observe(observation);
      kept.push(observation);
      return { verdict: "ok" };
    },
    blocked: (call) => detector?.blocked(call),
    startAnew: () => judging().startAnew(),
  };
}

function allows({ compare, countBy, noNewInformation, chase }: LoopPolicy): boolean {
  const sparing = (ladder: Ladder | null, most: number) =>
    ladder === null || Math.min(ladder.warn ?? ladder.stop, ladder.block ?? ladder.stop, ladder.stop) >= most;
  return (
    compare === "canonical" &&
    countBy === "turns" &&
    sparing(noNewInformation, MOST_IDLE) &&
    sparing(chase, MOST_STALE)
  );
}
