/** Text → findings: injection, content, PII, output. Pure: no network, no environment; its small models are data files. */
export { type CompletePolicy, completePolicy } from "./complete-policy.ts";
export {
  type ContentCategory,
  type ContentScores,
  type ContentSecondTier,
  contentCategories,
  contentFindings,
  createContentSecondTier,
  isUncertain as isContentUncertain,
  type Moderator,
  scoreContent,
} from "./content/index.ts";
export { createGuard } from "./create-guard.ts";
export { defaultPolicy } from "./default-policy.ts";
export type { CheckContext, CheckFacts, Detector, Thresholds, ThresholdsOf } from "./guard-part.ts";
export {
  type InjectionCategory,
  injectionCategories,
  uncertain as isInjectionUncertain,
} from "./injection/index.ts";
export { type Guard, type JudgedFinding, type Verdict, type VerdictAction, verdictActions } from "./judge.ts";
export type { FrameText, JudgeQuestion } from "./judge-question.ts";
export { messageOf, repairNote } from "./messages.ts";
export {
  createModeratedGuard,
  type Moderation,
  type ModerationUse,
  moderationUse,
} from "./moderated-guard.ts";
export { findCanary, makeCanary, plantCanary } from "./output/canary.ts";
export { type PiiCategory, piiCategories } from "./pii/found.ts";
export { findPii, type PiiOptions } from "./pii/index.ts";
export { closeContentSecondTier } from "./second-look.ts";
export { asksSecondOpinion, doubtIn, opinionLayer, opinionQuestion } from "./second-opinion.ts";
export { spotlight, spotlightRule } from "./spotlight.ts";
export { createStreamRedactor, type StreamRedactor } from "./stream-redactor.ts";
export { type ToneAnswer, toneBreach, toneQuestion, toneRepairNote, toneRuleIn } from "./tone-judge.ts";
