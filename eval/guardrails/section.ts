/**
 * What every part of the evaluation brings: labelled texts, the raters to compare on them, and what is promised. One
 * file a part, beside this one: `injection.ts` exports `injectionSection`, `content.ts` `contentSection`, `pii.ts`
 * `piiSection`, each a function without arguments that returns (a promise of) a Section.
 */

export type Sample = {
  readonly text: string;
  /** Attack or harmful: to be caught. Honest: to be let through. */
  readonly bad: boolean;
  readonly source: string;
};

export type Rater = {
  readonly name: string;
  /** How bad the text looks, 0 to 1. */
  readonly rate: (text: string) => number | Promise<number>;
  /** What counts as an alarm. */
  readonly alarmFrom: number;
};

export type Comparison = {
  readonly title: string;
  readonly samples: readonly Sample[];
  /** The first one is ours. */
  readonly raters: readonly Rater[];
};

export type Section = {
  readonly title: string;
  readonly comparisons: readonly Comparison[];
  /** Further lines to print, and what fell short of its promise: any fault makes the run fail. */
  readonly notes?: readonly string[];
  readonly faults?: readonly string[];
};
