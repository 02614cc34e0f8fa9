/**
 * Sees that a task runs in circles. It is told what each call asked and what came of it, compares calls *and*
 * results, and answers with a rung of the ladder: warn the model, block the call, stop the task. It is pure: the
 * same observations give the same verdicts, so a worker that takes a task up replays the journal and stands where
 * the one before it stood. A step costs a constant; memory is bounded.
 *
 * Three kinds of count run side by side. Repeats: turns equal to the one 1 to 6 turns before. Idle turns: nothing new
 * came of them, however much the calls differ. Chains: each call made of the newest answer of the same tool.
 */
import { boundedMap } from "./bounded.ts";
import { lengthened } from "./chase.ts";
import { type LoopEvidence, type LoopRule, messageOf } from "./evidence.ts";
import { fingerprint } from "./fingerprint.ts";
import { hashText } from "./hash.ts";
import { createClimber, isHigher, type Verdict } from "./ladder.ts";
import { completePolicy, type Ladder, type LoopPolicy } from "./loop-policy.ts";
import { type News, newsOf } from "./news.ts";
import { createNoveltyMemory } from "./novelty.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { createPolls, pollLadder } from "./polling.ts";
import { createProvenance } from "./provenance.ts";
import { createSaidBefore } from "./repeated-text.ts";
import { createRepeats } from "./repeats.ts";
import { actsOnWorld } from "./tool-words.ts";

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
  /** The turn of a blocked call's last answer, which is to be given in place of a new one; undefined: it may run. */
  blocked(call: { readonly tool: string; readonly args: unknown }): { readonly turn: number } | undefined;
  /** A person let the task go on: what was learned stays, the counts start anew. */
  startAnew(): void;
};

type Finding = {
  rule: LoopRule;
  count: number;
  ladder: Ladder | null;
  tool: string;
  period?: number;
  since: number;
};

/** Calls remembered with what they came to. */
const REMEMBERED = 20_000;

export function createLoopDetector(partial: Partial<LoopPolicy> = {}): LoopDetector {
  const policy = completePolicy(partial);
  const memory = {
    provenance: createProvenance(),
    novelty: createNoveltyMemory(),
    polls: createPolls(),
    lastAnswer: boundedMap<{ turn: number; acts: number }>(REMEMBERED),
    answers: boundedMap<true>(REMEMBERED),
  };
  const calls = createRepeats(1);
  const steps = createRepeats(Math.max(1, ...(policy.cycle?.periods ?? [])));
  const said = createSaidBefore();
  const climber = createClimber();
  const blockedCalls = new Set<number>();
  let turn: {
    number: number;
    news: News | undefined;
    outcomes: Outcome[];
    said: boolean;
    repeated: boolean;
  } = newTurn(-1);
  let [idle, idleSince, saidAgain, saidSince, acts] = [0, 0, 0, 0, 0];
  let lastWasIdle = true;
  let last: { tool: string; outcome: number } | undefined;
  let before: typeof last;

  function newTurn(number: number) {
    return {
      number,
      news: undefined as News | undefined,
      outcomes: [] as Outcome[],
      said: false,
      repeated: false,
    };
  }

  function endTurn(next: number): void {
    const { news, repeated } = turn;
    calls.endTurn();
    steps.endTurn();
    if (news === "new") forgive();
    else if (news !== undefined) idle += news;
    lastWasIdle = news === undefined || (news !== "new" && news > 0);
    if (turn.said) saidAgain = repeated && lastWasIdle ? saidAgain + 1 : 0;
    if (saidAgain === 0) saidSince = next;
    before = last;
    turn = newTurn(next);
  }

  function forgive(): void {
    [idle, saidAgain] = [0, 0];
    idleSince = turn.number + 1;
    blockedCalls.clear();
  }

  function observeCall(tool: string, { args, result, isError = false, atMs }: LoopObservation): Finding[] {
    const outcome = outcomeOf(tool, result, isError, policy);
    if (outcome.kind === "transport" && !policy.countTransportErrors) return [];
    const call = fingerprint(tool, args, policy);
    const step = hashText(`${call} ${outcome.id}`);
    const since = memory.lastAnswer.get(call);
    const asking = { asked: since !== undefined, answeredSo: memory.answers.has(step) };
    const origin = memory.provenance.originOf(tool, args);
    const novelty = memory.novelty.measure(outcome.value);
    const own = policy.tools[tool];
    const path =
      origin.from === "page" || origin.from === "repeated"
        ? origin.path
        : lengthened(origin.path, tool, novelty);
    memory.provenance.learnAnswer(tool, path, outcome.value);
    memory.lastAnswer.set(call, { turn: turn.number, acts });
    memory.answers.set(step, true);
    if (own?.poll !== undefined) {
      const count = memory.polls.unchangedFor(own.poll, call, outcome.id, atMs);
      return [{ rule: "poll_expired", count, ladder: pollLadder, tool, since: since?.turn ?? turn.number }];
    }
    const doing = actsOnWorld(tool, own);
    const news = newsOf({
      outcome,
      novelty,
      ...asking,
      origin: origin.from,
      acts: doing,
      sameAgain: before?.tool === tool && before.outcome === outcome.id,
      actedSince: since !== undefined && acts > since.acts,
    });
    if (doing && !asking.answeredSo && !outcome.fails) acts += 1;
    last = { tool, outcome: outcome.id };
    turn.news = moreOf(turn.news, news);
    turn.outcomes.push(outcome);
    calls.add(call);
    steps.add(step);
    const links = origin.from === "itself" || origin.from === "elsewhere" ? path.get(tool) : undefined;
    const findings: Finding[] = [...repeatFindings(tool)];
    if (links !== undefined)
      findings.push({
        rule: "chase",
        count: links.staleness,
        ladder: policy.chase,
        tool,
        since: turn.number - links.hops + 1,
      });
    if (turn.news !== "new")
      findings.push({
        rule: "no_new_information",
        count: idle + turn.news,
        ladder: turn.news > 0 ? policy.noNewInformation : null,
        tool,
        since: idleSince,
      });
    return findings;
  }

  function repeatFindings(tool: string): Finding[] {
    const own = policy.tools[tool];
    const waits = turn.outcomes.some(({ kind }) => kind === "waiting");
    const fails = turn.outcomes.some(({ kind }) => kind === "error" || kind === "transport");
    const finding = (rule: LoopRule, count: number, ladder: Ladder | null, period = 1): Finding => ({
      rule,
      count,
      ladder,
      tool,
      ...(period === 1 ? {} : { period }),
      since: turn.number - count,
    });
    const found = [finding("same_call", calls.runOf(1), policy.sameCall)];
    const run = steps.runOf(1);
    if (waits && policy.waiting !== null) found.push(finding("waiting", run, policy.waiting));
    else if (fails)
      found.push(finding("same_error", run, own?.sameError === undefined ? policy.sameError : own.sameError));
    else
      found.push(
        finding("same_result", run, own?.sameResult === undefined ? policy.sameResult : own.sameResult),
      );
    if (run > 0) return found;
    // Two jobs looked after in turns are waited for like one, each of them as long.
    const ladder = waits && policy.waiting !== null ? scaled(policy.waiting, 2) : policy.cycle;
    for (const period of policy.cycle?.periods ?? []) {
      const count = steps.runOf(period);
      if (count > 0) return [...found, finding("cycle", count, ladder, period)];
    }
    return [...found, finding("cycle", 0, policy.cycle, 2)];
  }

  function observeText(text: string): Finding[] {
    const again = said.hear(text);
    turn.repeated = turn.said ? turn.repeated && again : again;
    turn.said = true;
    const idleTurn = turn.news === undefined ? lastWasIdle : turn.news !== "new" && turn.news > 0;
    const count = turn.repeated && idleTurn ? saidAgain + 1 : 0;
    return [{ rule: "repeated_text", count, ladder: policy.repeatedText, tool: "", since: saidSince }];
  }

  function judge(findings: readonly Finding[]): LoopVerdict {
    let worst: { verdict: Verdict; finding: Finding } | undefined;
    for (const finding of findings) {
      const verdict = climber.climb(finding.rule, finding.count, finding.ladder, clock());
      if (verdict !== "ok" && (worst === undefined || isHigher(verdict, worst.verdict)))
        worst = { verdict, finding };
    }
    if (worst === undefined) return { verdict: "ok" };
    const { rule, tool, count, period, since } = worst.finding;
    const evidence: LoopEvidence = {
      message: messageOf(rule, { tool, count, ...(period === undefined ? {} : { period }) }),
      ...(tool === "" ? {} : { tool }),
      count,
      ...(period === undefined ? {} : { period }),
      first_turn: since,
      last_turn: turn.number,
    };
    return { verdict: worst.verdict, rule, evidence };
  }

  let observed = 0;
  /** What a rung is climbed by. */
  const clock = () => (policy.countBy === "calls" ? observed : turn.number);

  return {
    observe(observation) {
      observed += 1;
      const { tool, text, input } = observation;
      if (observation.turn !== turn.number || policy.countBy === "calls") endTurn(observation.turn);
      if (input !== undefined) memory.provenance.learnTask(input);
      const findings = tool === undefined ? [] : observeCall(tool, observation);
      if (text !== undefined && text.trim() !== "") findings.push(...observeText(text));
      const verdict = judge(findings);
      if (tool !== undefined && (verdict.verdict === "block" || verdict.verdict === "stop"))
        blockedCalls.add(fingerprint(tool, observation.args, policy));
      return verdict;
    },
    blocked({ tool, args }) {
      const call = fingerprint(tool, args, policy);
      const answer = memory.lastAnswer.get(call);
      return blockedCalls.has(call) && answer !== undefined ? { turn: answer.turn } : undefined;
    },
    startAnew() {
      forgive();
      calls.forget();
      steps.forget();
      said.forget();
      climber.climbDown();
    },
  };
}

/** Of several calls of a turn the best counts. */
function moreOf(one: News | undefined, other: News): News {
  if (one === undefined) return other;
  if (one === "new" || other === "new") return "new";
  return Math.min(one, other);
}

function scaled({ warn, block, stop }: Ladder, factor: number): Ladder {
  return {
    ...(warn === undefined ? {} : { warn: warn * factor }),
    ...(block === undefined ? {} : { block: block * factor }),
    stop: stop * factor,
  };
}
