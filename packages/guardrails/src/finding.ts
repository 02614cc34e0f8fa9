/** What a guard found in a text, in the shape that `POST /v1/guardrails/check` answers with. */

/** Where the text comes from: a user's words, the model's words on their way out, or what a tool returned. */
export const directions = ["input", "output", "tool"] as const;
export type Direction = (typeof directions)[number];

/** The guards by the names that policies, findings and metrics use. */
export const guardNames = ["injection", "content", "pii", "leak", "exfiltration", "output", "tone"] as const;
export type GuardName = (typeof guardNames)[number];

export type Finding = {
  readonly guard: GuardName;
  /** What kind of it: `email`, `self_harm`, `jailbreak`. Lower case, words joined by `_`. */
  readonly category: string;
  /** 0 to 1; of a trained guard how likely it is, of a rule 1, or less where only the surroundings speak for it. */
  readonly score: number;
  /** UTF-16 offsets into the text as it was given: `text.slice(start, end)`. Missing: the text as a whole. */
  readonly start?: number;
  readonly end?: number;
};
