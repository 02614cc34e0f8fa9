/**
 * Whether there is anything in a text that could be an instruction: words in a row, a script without spaces, or
 * something long enough to be an encoded text. Records, numbers and states, which is most of what tools return, have
 * none of it, and a model trained on prose has nothing to say of them. In what a tool returned, three or four words in a
 * row are the name of something ("USB-C cable", "Desk lamp, black") unless one of them is a word that orders are made of.
 */
import type { Direction } from "@pawl/protocol";
import { createRunFinder } from "../character-run.ts";
import { rememberingWords } from "../word-memory.ts";
import { unleet } from "./fold-word.ts";
import type { Lexicon } from "./lexicon.ts";

/** So many words in a row can say anything. */
const SENTENCE_WORDS = 5;
const SHORTEST_ORDER_WORDS = 3;
/** What may stand between two words of a row, at most two of them. */
const MOST_SEPARATORS = 2;

const unspaced =
  "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}";
/** Five characters of theirs, though others be put between them. */
const UNSPACED = new RegExp(`(?:[${unspaced}][^${unspaced}]{0,4}){5}`, "u");
/** Letters and digits without a break: what an encoded instruction takes at the least. */
const hasLongToken = createRunFinder(/[A-Za-z0-9+/=%\\]/, 20);
/** Characters that are there to be overlooked, and letters that are not written so: 𝓘𝓰𝓷, 🅸🅶🅽, Ｉｇｎ. */
const DISGUISED = /\p{Cf}|\p{Variation_Selector}|[\u{1d400}-\u{1d7ff}\u{1f130}-\u{1f1ff}\uff21-\uff5a]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what ASCII is.
const ASCII = /^[\x00-\x7f]*$/;

export type InstructionGate = (text: string, direction: Direction) => boolean;

export function createInstructionGate(lexicon: Pick<Lexicon, "ideaOf">): InstructionGate {
  const isOrderWord = rememberingWords((word) => hasIdea(word, lexicon));
  return (text, direction) => {
    // A prompt is read however short it is: `print("access granted")` has two words in a row.
    if (direction === "input") return true;
    if (hasLongToken(text)) return true;
    if (!ASCII.test(text) && (UNSPACED.test(text) || DISGUISED.test(text))) return true;
    return hasWordsInARow(text, direction === "tool" ? SENTENCE_WORDS : SHORTEST_ORDER_WORDS, isOrderWord);
  };
}

/**
 * One pass; words are looked up only where a row is shorter than so many words. Letters spaced out are words of one
 * letter; a number ends a row, and so does any sign that is no separator.
 */
function hasWordsInARow(text: string, enoughWords: number, isOrderWord: (word: string) => boolean): boolean {
  let rowStart = 0;
  let words = 0;
  let separators = 0;
  /** Of the word that is being read. */
  let letters = 0;
  let digits = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? END : text.charCodeAt(at);
    const kind = code < 128 ? asciiKinds[code] : kindBeyondAscii(code);
    if (kind === LETTER || kind === DIGIT) {
      if (words === 0 && letters + digits === 0) rowStart = at;
      if (kind === LETTER) letters += 1;
      else digits += 1;
      continue;
    }
    const isNumber = digits > 0 && letters === 0;
    if (letters > 0) {
      words += 1;
      separators = 0;
      if (words >= enoughWords) return true;
    }
    letters = 0;
    digits = 0;
    separators += 1;
    if (kind === SEPARATOR && !isNumber && separators <= MOST_SEPARATORS) continue;
    if (words >= SHORTEST_ORDER_WORDS && text.slice(rowStart, at).split(separatorRun).some(isOrderWord))
      return true;
    words = 0;
  }
  return false;
}

const separatorRun = /[ \t\n_.,:;/-]+/;

function hasIdea(raw: string, lexicon: Pick<Lexicon, "ideaOf">): boolean {
  const word = raw
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();
  return lexicon.ideaOf(word) > 0 || lexicon.ideaOf(unleet(word)) > 0;
}

const [OTHER, LETTER, DIGIT, SEPARATOR] = [0, 1, 2, 3];
/** Behind the last character: as good as any sign that ends a row. */
const END = 0;
const asciiKinds = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/[A-Za-z']/.test(char)) return LETTER;
  return /[0-9]/.test(char) ? DIGIT : /[ \t\n_.,:;/-]/.test(char) ? SEPARATOR : OTHER;
});

/** A pair of surrogates are letters: few scripts stand there, and no look behind pays. */
function kindBeyondAscii(code: number): number {
  return (code >= 0xd800 && code <= 0xdfff) || /[\p{L}\p{M}’]/u.test(String.fromCharCode(code))
    ? LETTER
    : OTHER;
}
