/** What the content filter looks for, and the shape in which every judge of content answers. */

export const contentCategories = [
  "violence",
  "hate_speech",
  "sexual_content",
  "self_harm",
  "illegal_activities",
] as const;

export type ContentCategory = (typeof contentCategories)[number];

/** How likely a text shows each category, 0 to 1. */
export type ContentScores = Record<ContentCategory, number>;

/**
 * A port for a hosted or model-based moderator. It may be slow and may fail: the caller gives a signal, and a rejection
 * leaves the scores as they are.
 */
export type Moderator = (text: string, signal: AbortSignal) => Promise<Partial<ContentScores>>;

/** One score per category, made by `scoreOf`. */
export function scoresBy(scoreOf: (category: ContentCategory, index: number) => number): ContentScores {
  return {
    violence: scoreOf("violence", 0),
    hate_speech: scoreOf("hate_speech", 1),
    sexual_content: scoreOf("sexual_content", 2),
    self_harm: scoreOf("self_harm", 3),
    illegal_activities: scoreOf("illegal_activities", 4),
  };
}
