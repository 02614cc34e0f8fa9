/**
 * The guard against prompt injection: folds away disguises, scores windows of every size under a small trained model and
 * reports the highest. Promises: never throws, time linear in the text, nothing kept between texts but what its words
 * weigh, its weights (`models/injection*.bin`, with their card beside them) read at the first text. What tools return is
 * read by a model of its own: an order to the reader is daily bread in a prompt and a sign of an attack in a document. A
 * goal that stands bare in a document cannot be told from the document by its words: permissions and taint must hold there.
 */
import type { GuardFinding } from "@pawl/protocol";
import type { Detector, ThresholdsOf } from "../guard-part.ts";
import { nameCategory } from "./category.ts";
import { createInstructionGate, type InstructionGate } from "./could-instruct.ts";
import { findHiddenTexts } from "./hidden-text.ts";
import { createLexicon, type Lexicon } from "./lexicon.ts";
import {
  createWeighing,
  highestWindow,
  type InjectionModel,
  type Reading,
  readModel,
  type ScoredWindow,
  toChance,
  type WeighedWord,
} from "./model.ts";
import { type Token, tokenize, type WordReader } from "./tokens.ts";

export { type InjectionCategory, injectionCategories } from "./category.ts";

/**
 * Scores from here on are an attack. 0.5 is where about one honest text in a hundred and eighty, of sources that were not
 * trained on, is flagged (see the model's card). What a tool returned is read by the other model, of which the same is so
 * over manuals, code, records and logs; prose about agents is the hardest honest text.
 */
const FLAG_AT = { input: 0.5, output: 0.5, tool: 0.5 } as const;
/** What is only likely goes on and is written down: to refuse an honest "Print the report." is the dearer fault. */
const BLOCK_AT = 0.8;

export const injectionThresholds: ThresholdsOf = (_, direction) => ({
  reportAt: FLAG_AT[direction],
  flagAt: FLAG_AT[direction],
  blockAt: BLOCK_AT,
});

/**
 * Where a second opinion pays (see `second-opinion.ts`): scores that are neither clearly honest nor clearly an attack.
 */
export const UNCERTAIN_BAND = { from: 0.25, to: 0.75 } as const;
export const uncertain = (score: number): boolean =>
  score >= UNCERTAIN_BAND.from && score < UNCERTAIN_BAND.to;

export interface InjectionDetectorOptions {
  /** Another model than the one shipped, for tests and for training. */
  model?: InjectionModel;
}

export const createInjectionDetector = (options: InjectionDetectorOptions = {}): Detector => {
  const known = new Map<Reading, Parts>();
  const partsFor = (reading: Reading): Parts => {
    let parts = known.get(reading);
    if (parts === undefined) {
      parts = partsWith(options.model ?? readModel(reading));
      known.set(reading, parts);
    }
    return parts;
  };
  return (text, { direction, reportFrom }) => {
    const parts = partsFor(direction === "tool" ? "document" : "prompt");
    if (!parts.couldInstruct(text, direction)) return [];
    const best = worstStretch(text, parts);
    if (best === undefined) return [];
    const score = toChance(best.logit, parts.model);
    const category = nameCategory(best.tokens, direction, best.hidden);
    if (score < (reportFrom?.(category) ?? FLAG_AT[direction])) return [];
    return [{ guard: "injection", category, score, ...span(best, text) } satisfies GuardFinding];
  };
};

interface Parts {
  model: InjectionModel;
  lexicon: Lexicon;
  read: WordReader<WeighedWord>;
  couldInstruct: InstructionGate;
}

const partsWith = (model: InjectionModel): Parts => {
  const lexicon = createLexicon();
  return {
    model,
    lexicon,
    read: createWeighing(model, lexicon),
    couldInstruct: createInstructionGate(lexicon),
  };
};

interface Suspect {
  logit: number;
  tokens: Token[];
  hidden: boolean;
  start: number;
  end: number;
}

const worstStretch = (text: string, { model, lexicon, read }: Parts): Suspect | undefined => {
  let best: Suspect | undefined;
  const take = (tokens: Token[], window: ScoredWindow, place?: { start: number; end: number }) => {
    if (best !== undefined && best.logit >= window.logit) return;
    best = {
      logit: window.logit,
      tokens: tokens.slice(window.from, window.until),
      hidden: place !== undefined,
      start: place?.start ?? tokens[window.from]?.start ?? 0,
      end: place?.end ?? tokens[window.until - 1]?.end ?? text.length,
    };
  };
  const plain = tokenize(text, lexicon, read);
  const top = highestWindow(plain, model);
  if (top !== undefined) take(plain, top);
  for (const hidden of findHiddenTexts(text, lexicon)) {
    const tokens = tokenize(hidden.text, lexicon, read);
    const window = highestWindow(tokens, model);
    if (window !== undefined) take(tokens, window, hidden);
  }
  return best;
};

/** A window that is the whole text has no place to name. */
const span = ({ start, end }: Suspect, text: string): { start?: number; end?: number } =>
  start === 0 && end >= text.trimEnd().length ? {} : { start, end };
