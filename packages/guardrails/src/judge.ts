/**
 * From what the guards found to a verdict: the policy says what is done about each finding, and what is redacted is
 * redacted until nothing more of it is found. What the policy says is worked out once a guard, not once a text.
 */

import type { Direction, GuardFinding } from "@pawl/protocol";
import { actionOf, type CompletePolicy } from "./complete-policy.ts";
import { createExemptions } from "./exemptions.ts";
import { type CheckContext, type CheckFacts, type GuardPart, isTrained } from "./guard-part.ts";
import { redact, type Span, spansAtRest } from "./marks.ts";
import { lazyWordsOf } from "./words.ts";

export const verdictActions = ["allow", "flag", "redact", "block"] as const;
export type VerdictAction = (typeof verdictActions)[number];

/** A finding and what the policy makes of it; `allow`: it is reported and changes nothing. */
export type JudgedFinding = GuardFinding & { readonly action: VerdictAction };

export type Verdict = {
  /** The strongest of the findings' actions. */
  readonly action: VerdictAction;
  /** In the order of the text; those about the text as a whole first. */
  readonly findings: readonly JudgedFinding[];
  /** The text with marks in the place of what is to be redacted; otherwise as it was given. */
  readonly text: string;
};

export type Guard = {
  readonly check: (text: string, facts: CheckFacts) => Verdict;
  /** As `check`, and the second tier is heard where the policy asks for it. Never rejects: if it fails, the inline verdict stands. */
  readonly checkFully: (text: string, facts: CheckFacts) => Promise<Verdict>;
  readonly policy: CompletePolicy;
};

/** Better informed parts for this one text, or undefined where the ones at hand will do. */
export type SecondLook = (
  text: string,
  facts: CheckFacts,
  parts: readonly GuardPart[],
  policy: CompletePolicy,
) => Promise<readonly GuardPart[] | undefined>;

export function createGuardOf(
  parts: readonly GuardPart[],
  policy: CompletePolicy,
  lookAgain?: SecondLook,
): Guard {
  const judges = judgesOf(parts, policy);
  return {
    policy,
    check: (text, facts) => verdictOn(text, facts, judges, policy),
    async checkFully(text, facts) {
      const informed = await lookAgain?.(text, facts, parts, policy);
      const hearing = informed === undefined ? judges : judgesOf(informed, policy);
      return verdictOn(text, facts, hearing, policy);
    },
  };
}

/** A part under a policy, in one direction. */
type Judge = {
  readonly guard: GuardPart["guard"];
  readonly isTrained: boolean;
  readonly detect: GuardPart["detect"];
  readonly rulingOn: (category: string) => Ruling;
  readonly reportFrom: (category: string) => number;
};

type Ruling = {
  readonly strongest: "off" | "report" | "flag" | "redact" | "block";
  readonly reportAt: number;
  readonly flagAt: number;
  readonly blockAt: number;
};

/** In each direction those that the policy lets look; `acting`: those of them that something can follow from. */
type Judges = Readonly<
  Record<Direction, { readonly all: readonly Judge[]; readonly acting: readonly Judge[] }>
>;

function judgesOf(parts: readonly GuardPart[], policy: CompletePolicy): Judges {
  const judgesIn = (direction: Direction) => {
    const all = parts
      .filter(({ guard }) => policy.isOn(direction, guard))
      .map((part) => judgeOf(part, direction, policy));
    return { all, acting: all.filter(({ guard }) => policy.hasConsequences(direction, guard)) };
  };
  return { input: judgesIn("input"), output: judgesIn("output"), tool: judgesIn("tool") };
}

function judgeOf(
  { guard, detect, thresholds }: GuardPart,
  direction: Direction,
  policy: CompletePolicy,
): Judge {
  const rulings = new Map<string, Ruling>();
  const rulingOn = (category: string): Ruling => {
    const known = rulings.get(category);
    if (known !== undefined) return known;
    const own = thresholds(category, direction);
    const rule = policy.ruleOf(direction, guard, category);
    const flagAt = rule.flag_at ?? own.flagAt;
    const ruling: Ruling = {
      strongest: actionOf(rule),
      // Who lowers a threshold wants to see what reaches it.
      reportAt: rule.report_at ?? Math.min(own.reportAt, flagAt),
      flagAt,
      blockAt: Math.max(flagAt, rule.block_at ?? own.blockAt),
    };
    rulings.set(category, ruling);
    return ruling;
  };
  return {
    guard,
    isTrained: isTrained(guard),
    detect,
    rulingOn,
    reportFrom: (category) => rulingOn(category).reportAt,
  };
}

function verdictOn(text: string, facts: CheckFacts, judges: Judges, policy: CompletePolicy): Verdict {
  const { direction, reports = true } = facts;
  const active = reports ? judges[direction].all : judges[direction].acting;
  const findings: JudgedFinding[] = [];
  const context = { ...facts, words: lazyWordsOf(text) };
  for (const judge of active)
    for (const finding of judgedBy(judge, text, context, policy)) findings.push(finding);
  if (findings.length === 0) return { action: "allow", findings, text };
  const rules = active.filter((judge) => !judge.isTrained);
  const spans = spansAtRest(
    text,
    findings.filter(({ action }) => action === "redact").map((finding) => spanOf(finding, text)),
    (redacted) => {
      const anew = { ...facts, words: lazyWordsOf(redacted) };
      return rules
        .flatMap((judge) => judgedBy(judge, redacted, anew, policy))
        .filter(({ action, start }) => action === "redact" && start !== undefined)
        .map((finding) => spanOf(finding, redacted));
    },
  );
  const strongest = Math.max(0, ...findings.map(({ action }) => verdictActions.indexOf(action)));
  return {
    action: verdictActions[strongest] ?? "block",
    findings: findings.sort((a, b) => (a.start ?? -1) - (b.start ?? -1)),
    text: spans.length === 0 ? text : redact(text, spans),
  };
}

function judgedBy(
  { detect, rulingOn, reportFrom }: Judge,
  text: string,
  context: CheckContext,
  policy: CompletePolicy,
): JudgedFinding[] {
  const found = detect(text, { ...context, reportFrom });
  if (found.length === 0) return [];
  const isExempt = createExemptions(text, context, policy);
  return found.flatMap((finding) => {
    const { strongest, reportAt, flagAt, blockAt } = rulingOn(finding.category);
    if (strongest === "off" || finding.score < reportAt || isExempt(finding)) return [];
    return [{ ...finding, action: actionFor(finding.score, strongest, flagAt, blockAt) }];
  });
}

function actionFor(
  score: number,
  strongest: "report" | "flag" | "redact" | "block",
  flagAt: number,
  blockAt: number,
): VerdictAction {
  if (strongest === "report" || score < flagAt) return "allow";
  return score >= blockAt ? strongest : "flag";
}

/** What cannot be pointed at is the text as a whole. */
function spanOf({ category, start = 0, end }: GuardFinding, text: string): Span {
  return { category, start, end: end ?? text.length };
}
