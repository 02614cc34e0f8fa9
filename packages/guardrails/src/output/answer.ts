/** What an answer must be like: long enough, not too long, and free of what its operator has blocked. */
import type { GuardFinding, GuardPolicy } from "@pawl/protocol";
import type { Detector } from "../guard-part.ts";
import { createPhraseFinder } from "./phrases.ts";

export function createAnswerDetector(answer: NonNullable<GuardPolicy["answer"]>): Detector {
  const { min_chars: minChars = 0, max_chars: maxChars = Number.POSITIVE_INFINITY } = answer;
  const findBlocked = createPhraseFinder(answer.blocked_patterns ?? []);
  return (text, { words }): GuardFinding[] => [
    ...(text.trim().length < minChars ? [wholly("too_short")] : []),
    ...(text.length > maxChars ? [{ ...wholly("too_long"), start: maxChars, end: text.length }] : []),
    ...findBlocked(text, words).map(({ start, end }) => ({ ...wholly("blocked_pattern"), start, end })),
  ];
}

function wholly(category: string): GuardFinding {
  return { guard: "output", category, score: 1 };
}
