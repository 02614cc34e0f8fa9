/**
 * From what the guards found to a verdict: the policy says what is done about each finding, and what is redacted is
 * redacted until nothing more of it is found.
 */

import type { GuardFinding } from "@pawl/protocol";
import { actionOf, type CompletePolicy } from "./complete-policy.ts";
import { createExemptions } from "./exemptions.ts";
import { type CheckFacts, type GuardPart, isTrained } from "./guard-part.ts";
import { redact, type Span, spansAtRest } from "./marks.ts";

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
  return {
    policy,
    check: (text, facts) => verdictOn(text, facts, parts, policy),
    async checkFully(text, facts) {
      const informed = await lookAgain?.(text, facts, parts, policy);
      return verdictOn(text, facts, informed ?? parts, policy);
    },
  };
}

function verdictOn(
  text: string,
  facts: CheckFacts,
  parts: readonly GuardPart[],
  policy: CompletePolicy,
): Verdict {
  const { direction } = facts;
  const active = parts.filter(({ guard }) => policy.isOn(direction, guard));
  const find = (searched: string, searching: readonly GuardPart[]) =>
    searching.flatMap((part) => judgedBy(part, searched, facts, policy));
  const findings = find(text, active);
  const rules = active.filter(({ guard }) => !isTrained(guard));
  const toRedact = findings.filter(({ action }) => action === "redact");
  const spans = spansAtRest(
    text,
    toRedact.map((finding) => spanOf(finding, text)),
    (redacted) =>
      find(redacted, rules)
        .filter(({ action, start }) => action === "redact" && start !== undefined)
        .map((finding) => spanOf(finding, redacted)),
  );
  const strongest = Math.max(0, ...findings.map(({ action }) => verdictActions.indexOf(action)));
  return {
    action: verdictActions[strongest] ?? "block",
    findings: findings.sort((a, b) => (a.start ?? -1) - (b.start ?? -1)),
    text: spans.length === 0 ? text : redact(text, spans),
  };
}

function judgedBy(
  { guard, detect, thresholds }: GuardPart,
  text: string,
  facts: CheckFacts,
  policy: CompletePolicy,
): JudgedFinding[] {
  const { direction } = facts;
  const isExempt = createExemptions(text, facts, policy);
  const at = (category: string) => {
    const own = thresholds(category, direction);
    const rule = policy.ruleOf(direction, guard, category);
    const flagAt = rule.flag_at ?? own.flagAt;
    return {
      strongest: actionOf(rule),
      // Who lowers a threshold wants to see what reaches it.
      reportAt: rule.report_at ?? Math.min(own.reportAt, flagAt),
      flagAt,
      blockAt: Math.max(flagAt, rule.block_at ?? own.blockAt),
    };
  };
  return detect(text, { ...facts, reportFrom: (category) => at(category).reportAt }).flatMap((finding) => {
    const { strongest, reportAt, flagAt, blockAt } = at(finding.category);
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
