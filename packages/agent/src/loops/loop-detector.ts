/**
 * Sees that a task runs in circles. It is told what each call asked and what came of it, compares calls *and*
 * results, and answers with a rung of the ladder: warn the model, block the call, stop the task. It is pure: the
 * same observations give the same verdicts, so a worker that takes a task up replays the journal and stands where
 * the one before it stood. A step costs a constant; memory is bounded.
 *
 * Four watches count side by side. Repeats: turns equal to the one 1 to 6 turns before. Idleness: turns of which
 * nothing new came, however much the calls differ. Chases: calls made of the newest answers of the same tool. Text:
 * the same said again, and nothing done.
 */
import type { LoopEvidence, LoopRule } from "@pawl/protocol";
import { boundedMap } from "./bounded.ts";
import { createChases } from "./chase.ts";
import { messageOf } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import { fingerprint } from "./fingerprint.ts";
import { hashText } from "./hash.ts";
import { createClimber, isHigher, type Verdict } from "./ladder.ts";
import { completePolicy, type LoopPolicy } from "./loop-policy.ts";
import { newsOf } from "./news.ts";
import { createNoveltyMemory } from "./novelty.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { createPolls, pollLadder } from "./polling.ts";
import { createProvenance } from "./provenance.ts";
import { spareFirstTurns } from "./spare-first-turns.ts";
import { actsOnWorld } from "./tool-words.ts";
import { createIdlenessWatch } from "./watch-idleness.ts";
import { createRepeatWatch } from "./watch-repeats.ts";
import { createTextWatch } from "./watch-text.ts";

export type LoopObservation = {
  /** The model exchange it belongs to, counting up. */
  readonly turn: number;
  /** The task's text, with the first observation. */
  readonly input?: string;
  readonly tool?: string;
  readonly args?: unknown;
  /** What the tool returned: a text, or JSON. */
  readonly result?: unknown;
  readonly isError?: boolean;
  /** What the assistant said. */
  readonly text?: string;
  /** When, in milliseconds since 1970: declared polling is judged by it. */
  readonly atMs?: number;
};

export type LoopVerdict = {
  readonly verdict: Verdict;
  readonly rule?: LoopRule;
  readonly evidence?: LoopEvidence;
};

export type LoopDetector = {
  observe(observation: LoopObservation): LoopVerdict;
  /** The turn of a blocked call's last answer, to be given in place of a new one; undefined: it may run. */
  blocked(call: { readonly tool: string; readonly args: unknown }): { readonly turn: number } | undefined;
  /** A person let the task go on: what was learned stays, the counts start anew. */
  startAnew(): void;
};

/** Calls remembered with what they came to. */
const REMEMBERED = 20_000;

export function createLoopDetector(partial: Partial<LoopPolicy> = {}): LoopDetector {
  const policy = completePolicy(partial);
  return spareFirstTurns(() => createEagerDetector(policy), policy);
}

/** Judges each observation as it comes. */
export function createEagerDetector(policy: LoopPolicy): LoopDetector {
  const repeats = createRepeatWatch(policy);
  const idleness = createIdlenessWatch(policy.noNewInformation);
  const chases = createChases();
  const texts = createTextWatch(policy.repeatedText);
  const polls = createPolls();
  const provenance = createProvenance();
  const novelty = createNoveltyMemory();
  const climber = createClimber();
  /** Of each call: the turn of its last answer, and how often the world had been acted on by then. */
  const answered = boundedMap<{ turn: number; acts: number }>(REMEMBERED);
  const steps = boundedMap<true>(REMEMBERED);
  const blockedCalls = new Set<number>();
  let [turn, observed, acts] = [Number.NaN, 0, 0];
  /** Something was done in this turn that is no repetition. */
  let moved = false;
  let [last, before]: (LastCall | undefined)[] = [];

  function endTurn(next: number): void {
    repeats.endTurn();
    texts.endTurn(moved);
    if (idleness.endTurn(turn)) blockedCalls.clear();
    [turn, moved, before] = [next, false, last];
  }

  function watchCall(tool: string, observation: LoopObservation): Finding[] {
    const { args, result, isError = false, atMs } = observation;
    const outcome = outcomeOf(tool, result, isError, policy);
    if (outcome.kind === "transport" && !policy.countTransportErrors) {
      moved = true;
      return [];
    }
    const call = fingerprint(tool, args, policy);
    const step = hashText(`${call} ${outcome.id}`);
    const lastAnswer = answered.get(call);
    const answeredSo = steps.has(step);
    const origin = provenance.originOf(tool, args);
    const news = novelty.measure(outcome.value, origin.from === "page" ? args : undefined);
    const path = chases.follow(tool, origin, news);
    provenance.learnAnswer(tool, path, outcome.value);
    answered.set(call, { turn, acts });
    steps.set(step, true);
    const own = policy.tools[tool];
    if (!answeredSo || own?.poll !== undefined) moved = true;
    if (own?.poll !== undefined) {
      const count = polls.unchangedFor(own.poll, call, outcome.id, atMs);
      return [{ rule: "poll_expired", count, ladder: pollLadder, tool, sinceTurn: lastAnswer?.turn ?? turn }];
    }
    const does = actsOnWorld(tool, args, outcome.text, own);
    const brought = newsOf({
      outcome,
      origin: origin.from,
      novelty: news,
      acts: does,
      asked: lastAnswer !== undefined,
      answeredSo,
      sameTool: before?.tool === tool,
      sameAgain: before?.tool === tool && before.outcome === outcome.id,
      actedSince: lastAnswer !== undefined && acts > lastAnswer.acts,
    });
    if (does && !answeredSo && !outcome.fails) acts += 1;
    last = { tool, outcome: outcome.id };
    repeats.add({ call, step, tool, outcome });
    idleness.add(brought, tool);
    const chain = chases.stalenessOf(tool, origin, path);
    const chase = chain && {
      rule: "chase" as const,
      count: chain.staleness,
      ladder: policy.chase,
      tool,
      sinceTurn: Math.max(1, turn - chain.links),
    };
    return [...repeats.findings(turn), idleness.finding(turn), ...(chase ? [chase] : [])];
  }

  /** The highest rung that any of the counts has climbed. */
  function judge(findings: readonly Finding[]): LoopVerdict {
    // Where each call counts, each call may climb.
    const clock = policy.countBy === "calls" ? observed : turn;
    let verdict: Verdict = "ok";
    let worst: Finding | undefined;
    for (const finding of findings) {
      const rung = climber.climb(finding.rule, finding.count, finding.ladder, clock);
      if (isHigher(rung, verdict)) [verdict, worst] = [rung, finding];
    }
    return worst === undefined
      ? { verdict }
      : { verdict, rule: worst.rule, evidence: evidenceOf(worst, turn) };
  }

  return {
    observe(observation) {
      const { tool, args, text, input } = observation;
      observed += 1;
      if (observation.turn !== turn || policy.countBy === "calls") endTurn(observation.turn);
      if (input !== undefined) provenance.learnTask(input);
      const findings = tool === undefined ? [] : watchCall(tool, observation);
      if (text !== undefined && text.trim() !== "") findings.push(texts.hear(text, turn, moved));
      const judged = judge(findings);
      if (tool !== undefined && (judged.verdict === "block" || judged.verdict === "stop"))
        blockedCalls.add(fingerprint(tool, args, policy));
      return judged;
    },
    blocked({ tool, args }) {
      if (blockedCalls.size === 0) return undefined;
      const call = fingerprint(tool, args, policy);
      const answer = answered.get(call);
      return blockedCalls.has(call) && answer !== undefined ? { turn: answer.turn } : undefined;
    },
    startAnew() {
      for (const watch of [repeats, idleness, chases, texts]) watch.startAnew();
      climber.climbDown();
      blockedCalls.clear();
    },
  };
}

type LastCall = { readonly tool: string; readonly outcome: Outcome["id"] };

function evidenceOf({ rule, tool, count, period, sinceTurn }: Finding, turn: number): LoopEvidence {
  const cycle = period === undefined ? {} : { period };
  return {
    message: messageOf(rule, { tool: tool ?? "", count, ...cycle }),
    ...(tool === undefined ? {} : { tool }),
    count: Math.round(count * 100) / 100,
    ...cycle,
    first_turn: Math.max(1, sinceTurn),
    last_turn: turn,
  };
}
