/**
 * Who is asked about a task's texts beside its guards, by its policies: a model's second opinion, the slower judges of
 * content, a model for the tone. Where the policies ask for nobody there is nothing of this.
 */
import type { Guards } from "@pawl/agent";
import {
  asksSecondOpinion,
  createModeratedGuard,
  doubtIn,
  type FrameText,
  type Guard,
  isContentUncertain,
  type Moderation,
  moderationUse,
  opinionLayer,
  opinionQuestion,
  scoreContent,
  toneBreach,
  toneQuestion,
  toneRepairNote,
  toneRuleIn,
} from "@pawl/guardrails";
import type { Direction, GuardAction, GuardAsk, GuardPolicy, Opinion } from "@pawl/protocol";

export type { Moderation };

/** What the guards are told of a task's own words. */
export type GuardsFacts = { systemPrompt: string; canary: string; reports: boolean };

/** Of one task. */
export type OthersAsked = (own: GuardsFacts, frame: FrameText) => NonNullable<Guards["looks"]>;

/** `guard`: the one of these policies that looks at every text. Its verdicts must show what it is in doubt about. */
export function othersAsked(
  policies: readonly GuardPolicy[],
  guard: Guard,
  moderation: Moderation | undefined,
): OthersAsked | undefined {
  const opinionIsAsked = asksSecondOpinion(policies);
  const uses = [guard.policy.secondTier, moderation === undefined ? "off" : moderationUse(policies)];
  const contentIsAsked = uses.some((use) => use !== "off");
  const breachAction = toneAction(guard);
  const toneRule = breachAction === undefined ? undefined : toneRuleIn(policies);
  if (!opinionIsAsked && !contentIsAsked && toneRule === undefined) return undefined;

  const guards = new Map<Opinion | undefined, Guard>();
  const guardWith = (opinion: Opinion | undefined): Guard => {
    const known = guards.get(opinion);
    if (known !== undefined) return known;
    const layers = opinionIsAsked ? [...policies, opinionLayer(opinion)] : policies;
    const fresh = createModeratedGuard(moderation, ...layers);
    guards.set(opinion, fresh);
    return fresh;
  };
  const asksContent = (text: string, direction: Direction): boolean =>
    contentIsAsked &&
    guard.policy.hasConsequences(direction, "content") &&
    (uses.includes("always") || isContentUncertain(scoreContent(text)));

  return (own, frame) => ({
    asksAbout(verdict, direction, isFinal) {
      const asks: GuardAsk[] = [];
      if (opinionIsAsked && doubtIn(verdict, direction, guard.policy)) asks.push("second_opinion");
      if (asksContent(verdict.text, direction)) asks.push("content");
      if (toneRule !== undefined && isFinal && direction === "output") asks.push("tone");
      return asks;
    },
    checkWith: (text, direction, { said, opinion }) =>
      guardWith(opinion).check(text, { direction, ...own, said }),
    checkFullyWith: (text, direction, { said, opinion }) =>
      guardWith(opinion).checkFully(text, { direction, ...own, said }),
    opinionQuestion(text, direction) {
      const doubt = doubtIn(guard.check(text, { direction, ...own }), direction, guard.policy);
      return opinionQuestion(text, direction, doubt ?? {}, frame);
    },
    toneQuestion: (text) => toneQuestion(text, toneRule ?? "", frame),
    breach: { finding: toneBreach, action: breachAction ?? "flag", note: toneRepairNote(toneRule ?? "") },
  });
}

/** What the policies make of a breach of the tone; undefined: nothing. An answer cannot be redacted for how it sounds. */
function toneAction({ policy }: Guard): GuardAction | undefined {
  const { guard, category } = toneBreach;
  const action = policy.ruleOf("output", guard, category).action ?? "off";
  if (action === "off" || action === "report") return undefined;
  return action === "flag" ? "flag" : "block";
}
