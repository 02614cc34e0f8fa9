/**
 * The content guard: what a text talks about that an operator may not want, as graded findings. It judges words, not
 * intent: a score says how much a text resembles what is to be caught, so most findings should be flagged, few blocked.
 */
import type { GuardFinding } from "@pawl/protocol";
import type { Detector, Thresholds, ThresholdsOf } from "../guard-part.ts";
import { type ContentScores, contentCategories } from "./category.ts";
import { type InlineModel, inlineModel, inlineScores } from "./inline-model.ts";

/**
 * The same for all categories, since the training shifts each score so that 0.5 is what one in three hundred honest texts
 * of sources it never saw reaches; flagging starts where about one in two thousand does. Lower scores are worth reading
 * by whoever ranks texts or lowers the policy's thresholds: they are reported, and nothing comes of them.
 */
const thresholds: Thresholds = { reportAt: 0.002, flagAt: 0.7, blockAt: 0.93 };

export const contentThresholds: ThresholdsOf = () => thresholds;

export type ContentDetectorOptions = {
  /** Another model than the one shipped. */
  readonly model?: InlineModel;
};

/** Findings have no offsets: what is found is the text's sense as a whole. */
export function createContentDetector(options: ContentDetectorOptions = {}): Detector {
  return (text, { reportFrom }) => {
    const scores = inlineScores(text, options.model ?? inlineModel());
    return contentFindings(scores, reportFrom);
  };
}

/** Scores of any judge (this one, the second tier, a moderator) as findings. */
export function contentFindings(
  scores: Partial<ContentScores>,
  reportFrom: (category: string) => number = () => thresholds.reportAt,
): GuardFinding[] {
  return contentCategories.flatMap((category): GuardFinding[] => {
    const score = scores[category] ?? 0;
    return score >= reportFrom(category) ? [{ guard: "content", category, score }] : [];
  });
}

/** Every category's score by the inline tier, 0 to 1. */
export function scoreContent(text: string): ContentScores {
  return inlineScores(text, inlineModel());
}
