/**
 * What one guard is to the frame: a function from a text to findings, and the thresholds it ships with. A part decides
 * nothing: what is done about a finding is the policy's, in `create-guard.ts`.
 *
 * A part promises: it never throws, takes time linear in the text, keeps nothing between two texts, reads no clock and
 * no network, and loads its model (a data file) at its first text, not at import. It may remember short words and what
 * its model makes of them (`word-memory.ts`), since those are the same in all texts. Each trained part's `index.ts`
 * exports `create…Detector(): Detector` and its `…Thresholds: ThresholdsOf`.
 */
import type { Direction, GuardFinding, GuardName } from "@pawl/protocol";
import type { Word } from "./words.ts";

/** What a caller may tell about the text. */
export type CheckFacts = {
  readonly direction: Direction;
  /** What the model was told and shall keep for itself. */
  readonly systemPrompt?: string;
  /** The canary planted in that prompt (see canary.ts); any other canary in the text is somebody else's. */
  readonly canary?: string;
  /** What the user brought: an address that stands in it may be said back to him. */
  readonly said?: readonly string[];
  /** False: only what something follows from is looked for, which spares the guards that the policy lets report only. */
  readonly reports?: boolean;
};

export type CheckContext = CheckFacts & {
  /** The lowest score of a category that is asked for: lower ones may be left out. Missing: the part's own `reportAt`. */
  readonly reportFrom?: (category: string) => number;
  /** The text as words, read once for all guards that ask. Missing: whoever needs them reads them. */
  readonly words?: () => readonly Word[];
};

export type Detector = (text: string, context: CheckContext) => GuardFinding[];

/** `reportAt` ≤ `flagAt` ≤ `blockAt`, 0 to 1; a score at the threshold has reached it. */
export type Thresholds = {
  /**
   * From here on a finding is in the verdict, though it changes nothing below `flagAt`: graded scores for whoever
   * measures or tunes. The injection part keeps it at `flagAt`: there, being reported is being flagged. `blockAt` is
   * where the strongest thing that the policy lets the guard do begins, be it blocking or redacting.
   */
  readonly reportAt: number;
  readonly flagAt: number;
  readonly blockAt: number;
};

export type ThresholdsOf = (category: string, direction: Direction) => Thresholds;

export type GuardPart = {
  readonly guard: GuardName;
  readonly detect: Detector;
  /** Where the policy names none. */
  readonly thresholds: ThresholdsOf;
};

/** Of parts that are sure of what they report: every finding counts. */
export const certain: ThresholdsOf = () => ({ reportAt: 0, flagAt: 0, blockAt: 0 });

/** A trained guard judges the text as it was given, once; the others look again at what redaction left. */
export function isTrained(guard: GuardName): boolean {
  return guard === "injection" || guard === "content";
}
