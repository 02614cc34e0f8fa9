/**
 * What is done about findings, as plain data: an agent pins it, a tenant lays his own over it. Every member may be
 * missing; `completePolicy` lays the layers over each other, the default at the bottom.
 *
 * Of each guard a policy names the strongest thing it may do. `off`: it does not look. `report`: its findings are in
 * the verdict, and nothing comes of them. `flag`: the text goes on, the finding is journalled. `redact`: what was found
 * is replaced by a mark (without offsets: all of the text). `block`: the text goes no further. From `flag_at` on a
 * finding is flagged, from `block_at` on the strongest thing is done, redacting too; where neither is named, the guard's
 * own thresholds stand. A category's members go before those of its guard.
 */
import { z } from "zod";
import { guardNames } from "./guard-finding.ts";

export const GuardMeasure = z.enum(["off", "report", "flag", "redact", "block"]);
export type GuardMeasure = z.infer<typeof GuardMeasure>;

const Score = z.number().min(0).max(1);
const Rule = z.strictObject({
  action: GuardMeasure.optional(),
  report_at: Score.optional(),
  flag_at: Score.optional(),
  block_at: Score.optional(),
});
export type GuardThresholds = z.infer<typeof Rule>;

const Category = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);
/** `"redact"` is short for `{ action: "redact" }`. */
export const GuardRule = z.union([
  GuardMeasure,
  Rule.extend({ categories: z.record(Category, z.union([GuardMeasure, Rule])).optional() }),
]);
export type GuardRule = z.infer<typeof GuardRule>;

const Guards = z.partialRecord(z.enum(guardNames), GuardRule);

/** Read as words (`phrases.ts` has the rules): no regular expression of a user's is ever run. */
const Phrases = z.array(z.string().min(1).max(200)).max(200);

const SecondTierUse = z.enum(["off", "uncertain", "always"]);

/** What an agent's answers shall sound like, in words for the model that judges them. */
const ToneRule = z.string().trim().min(1).max(1_000);

export const GuardPolicy = z.strictObject({
  input: Guards.optional(),
  output: Guards.optional(),
  tool: Guards.optional(),
  /** What is nobody's secret. Layers add up here: a tenant's list does not take away from the agent's. */
  allow: z
    .strictObject({
      /** Exact strings that a finding may be: a published telephone number, a sample card. */
      texts: z.array(z.string().min(1).max(500)).max(500).optional(),
      /** Hosts (and all below them) whose URLs, images and e-mail addresses are in order. */
      domains: z
        .array(z.hostname().transform((host) => host.toLowerCase()))
        .max(500)
        .optional(),
    })
    .optional(),
  injection: z
    .strictObject({
      /** Whether the cheapest model is asked about a text of a task, and charged to it, where the score leaves it open. Default: off. */
      second_opinion: z.enum(["off", "uncertain"]).optional(),
    })
    .optional(),
  content: z
    .strictObject({
      /** Whether the slower, better judge of content is asked, where a caller can wait for it (`checkFully`): never, where the inline scores leave it open, or of every text. Default: off. */
      second_tier: SecondTierUse.optional(),
      /** The same of the configuration's `moderator`. Default: off. */
      moderator: SecondTierUse.optional(),
    })
    .optional(),
  pii: z
    .strictObject({
      /** Countries (ISO 3166 alpha-2) in whose national notation telephone numbers are expected. */
      phone_regions: z
        .array(z.string().regex(/^[A-Z]{2}$/))
        .max(60)
        .optional(),
    })
    .optional(),
  /** What an answer must be like. */
  answer: z
    .strictObject({
      min_chars: z.int().min(0).optional(),
      max_chars: z.int().min(1).optional(),
      blocked_patterns: Phrases.optional(),
    })
    .optional(),
  /** Words that an answer shall not use, by a category of the caller's choice: `promise`, `legal_commitment`. */
  tone: z.record(Category, Phrases).optional(),
  /** The rule that the cheapest model holds each final answer to, charged to the task. What breaks it is a finding of the guard `tone`, category `judged`. Default: off. */
  tone_judge: z.union([z.literal("off"), z.strictObject({ rule: ToneRule })]).optional(),
});
export type GuardPolicy = z.infer<typeof GuardPolicy>;

/** When `write` tools are refused for the rest of a task: once something from outside looked like instructions, once anything from outside was read at all, or never. */
export const Taint = z.enum(["flagged", "any", "never"]);

/** How a task is guarded, pinned with its agent: a deploy changes no running task. */
export const PinnedGuards = z.strictObject({
  /** The default below, later ones before earlier ones. */
  policies: z.array(GuardPolicy),
  /** A word without meaning in the system prompt: where else it turns up, the prompt leaks. */
  canary: z.string(),
  /** In the marks around what comes from outside; nobody there knows it. */
  nonce: z.string(),
  taint: Taint,
  /** How often the model may write a blocked answer anew. */
  repairs: z.int().min(0).max(5),
  /** The model that gives second opinions and judges the tone. Missing: no policy asked for either. */
  judge: z.string().optional(),
});
export type PinnedGuards = z.infer<typeof PinnedGuards>;
