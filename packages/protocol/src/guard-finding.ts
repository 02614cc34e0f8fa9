/** What a guard found in a text, as the journal and `POST /v1/guardrails/check` tell it: never what was found itself. */
import { z } from "zod";

/** Where a text comes from: a user's words, the model's words on their way out, or what a tool or a document says. */
export const directions = ["input", "output", "tool"] as const;
export const Direction = z.enum(directions);
export type Direction = z.infer<typeof Direction>;

/** The guards by the names that policies, findings and metrics use. */
export const guardNames = ["injection", "content", "pii", "leak", "exfiltration", "output", "tone"] as const;
export const GuardName = z.enum(guardNames);
export type GuardName = z.infer<typeof GuardName>;

/** What the cheapest model said of a text that the injection guard was unsure of. */
export const opinions = ["attack", "honest"] as const;
export const Opinion = z.enum(opinions);
export type Opinion = z.infer<typeof Opinion>;

export const GuardFinding = z.strictObject({
  guard: GuardName,
  /** What kind of it: `email`, `self_harm`, `jailbreak`. Lower case, words joined by `_`. */
  category: z.string(),
  /** 0 to 1; of a trained guard how likely it is, of a rule 1, or less where only the surroundings speak for it. */
  score: z.number().min(0).max(1),
  /** UTF-16 offsets into the text as it was given: `text.slice(start, end)`. Missing: the text as a whole. */
  start: z.int().nonnegative().optional(),
  end: z.int().nonnegative().optional(),
  /** A model was asked, too, and this is what the action rests on. Inside tasks alone. */
  second_opinion: Opinion.optional(),
});
export type GuardFinding = z.infer<typeof GuardFinding>;

/** The finding alone: a guard's own notes on it, such as what was found, stay behind. */
export function publicFinding({
  guard,
  category,
  score,
  start,
  end,
  second_opinion,
}: GuardFinding): GuardFinding {
  return {
    guard,
    category,
    score,
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(second_opinion === undefined ? {} : { second_opinion }),
  };
}

export const guardActions = ["allow", "flag", "redact", "block"] as const;
export const GuardAction = z.enum(guardActions);
export type GuardAction = z.infer<typeof GuardAction>;

/** Who is asked about a text beside the guards that look at every one, in the order in which they are asked. */
export const guardAsks = ["second_opinion", "content", "tone"] as const;
export const GuardAsk = z.enum(guardAsks);
export type GuardAsk = z.infer<typeof GuardAsk>;

/** The body of `POST /v1/guardrails/check`. */
export const GuardCheckRequest = z.strictObject({ text: z.string(), direction: Direction }).meta({
  id: "GuardCheckRequest",
  example: { text: "My card is 4111 1111 1111 1111.", direction: "input" },
});
export type GuardCheckRequest = z.infer<typeof GuardCheckRequest>;

/** What the guards say of a text. */
export const GuardVerdict = z
  .strictObject({
    action: GuardAction,
    findings: z.array(GuardFinding),
    text: z.string().meta({ description: "With what was found replaced by marks." }),
  })
  .meta({
    id: "GuardVerdict",
    example: {
      action: "redact",
      findings: [{ guard: "pii", category: "credit_card", score: 1, start: 11, end: 30 }],
      text: "My card is [credit_card].",
    },
  });
export type GuardVerdict = z.infer<typeof GuardVerdict>;
