/**
 * How much of an answer was not known yet, from 0 to 1. `fresh` takes each value and phrase as it is; `substance`
 * looks away from numbers and ids, so that the same empty form filled in ever anew has none.
 */
import { boundedMap } from "./bounded.ts";
import { hashText } from "./hash.ts";
import { type Piece, piecesOf, tokensOf } from "./pieces.ts";
import { isVolatileMember, withoutVolatile } from "./volatile.ts";

export type Novelty = { readonly fresh: number; readonly substance: number };
export type NoveltyMemory = {
  /** `echo`: what the call said itself, and is no news in its answer. */
  measure(value: unknown, echo?: unknown): Novelty;
};

const REMEMBERED = 60_000;
/** From this length on a value is a text, compared phrase by phrase. */
const TEXT_CHARS = 48;

export function createNoveltyMemory(): NoveltyMemory {
  const seen = boundedMap<true>(REMEMBERED);
  const shareOfNew = (units: ReadonlySet<number>) => {
    if (units.size === 0) return 0;
    let fresh = 0;
    for (const unit of units) if (!seen.has(unit)) fresh += 1;
    return fresh / units.size;
  };
  return {
    measure(value, echo) {
      const said = new Set(echo === undefined ? [] : piecesOf(echo).map((piece) => piece.value));
      const pieces = piecesOf(value).filter(
        (piece) => !said.has(piece.value) && !isVolatileMember(piece.name, piece.value),
      );
      const [raw, forms] = [new Set<number>(), new Set<number>()];
      for (const piece of pieces) collect(piece, raw, forms);
      const novelty = { fresh: shareOfNew(raw), substance: shareOfNew(forms) };
      for (const unit of raw) seen.set(unit, true);
      for (const unit of forms) seen.set(unit, true);
      return novelty;
    },
  };
}

function collect({ name, value, isNumber }: Piece, raw: Set<number>, forms: Set<number>): void {
  if (isNumber) {
    raw.add(hashText(`${name}=${value}`));
    forms.add(NUMBER);
    return;
  }
  const text = withoutVolatile(value).toLowerCase();
  if (text.length < TEXT_CHARS) {
    raw.add(hashText(`${name}=${text}`));
    forms.add(hashText(/\d/.test(text) ? `form ${text.replace(/\S*\d\S*/g, "#")}` : `form ${text}`));
    return;
  }
  let [one, two, oneShape, twoShape] = ["", "", "", ""];
  for (const [at, token] of tokensOf(text).entries()) {
    const shape = /\d/.test(token) ? "#" : token;
    if (at >= 2 || at === 0) {
      raw.add(hashText(`${one} ${two} ${token}`));
      forms.add(hashText(`form ${oneShape} ${twoShape} ${shape}`));
    }
    [one, two, oneShape, twoShape] = [two, token, twoShape, shape];
  }
}

const NUMBER = hashText("form #");
