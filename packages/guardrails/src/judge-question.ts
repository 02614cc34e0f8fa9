/**
 * How a text is put before a model that judges it: framed as data between marks that it cannot forge, cut to what the
 * question needs, and answered in one word that is read strictly. Whatever else the model says is no answer.
 */
import type { GuardFinding } from "@pawl/protocol";

/** What a model is asked, and what its answer means; undefined: nothing. */
export type JudgeQuestion<Answer extends string> = {
  readonly system: string;
  readonly text: string;
  readonly read: (said: string) => Answer | undefined;
};

/** Puts the text between marks; see `spotlight`. */
export type FrameText = (text: string) => string;

/** The word alone, in any case, with a full stop at most. */
export function readWord<Answer extends string>(words: readonly Answer[]): JudgeQuestion<Answer>["read"] {
  return (said) => {
    const word = said.trim().replace(/\.$/, "").toLowerCase();
    return words.find((one) => one === word);
  };
}

/** At most `mostChars` around the span (default: the beginning), with marks where something was left out. */
export function excerpt(
  text: string,
  mostChars: number,
  { start = 0, end = start }: Pick<GuardFinding, "start" | "end"> = {},
): string {
  if (text.length <= mostChars) return text;
  const middle = Math.floor((start + Math.min(end, start + mostChars)) / 2);
  const from = Math.max(0, Math.min(text.length - mostChars, middle - Math.floor(mostChars / 2)));
  const until = from + mostChars;
  // Half a character at either edge would be no Unicode.
  const part = text.slice(from, until).toWellFormed();
  return `${from > 0 ? "[…] " : ""}${part}${until < text.length ? " […]" : ""}`;
}
