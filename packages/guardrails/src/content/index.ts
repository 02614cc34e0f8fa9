/** The content filter: an inline model for every text, a second tier on a thread for the doubtful ones, a port for others. */
export { type ContentCategory, type ContentScores, contentCategories, type Moderator } from "./category.ts";
export {
  type ContentDetectorOptions,
  contentFindings,
  contentThresholds,
  createContentDetector,
  scoreContent,
} from "./detector.ts";
export { type ContentSecondTier, createContentSecondTier, isUncertain } from "./second-tier.ts";
