/** A text as its words, with where they stand: letters and digits in small letters, in the compatible form. */
import { markPattern } from "./marks.ts";

export type Word = { readonly word: string; readonly start: number; readonly end: number };

/** A word, with an apostrophe inside it; a script without spaces gives a word for each of its letters. */
const word =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}])+(?:['’](?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}])+)*/gu;

/** A mark is a word that no phrase can hold: what redaction wrote is never found again, nor what it has parted. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what ASCII is.
  const read = /^[\x00-\x7f]*$/.test(text) ? readAscii : readAny;
  let from = 0;
  for (const { index, 0: mark } of text.includes("_REDACTED]") ? text.matchAll(markPattern) : []) {
    read(text, from, index, words);
    words.push({ word: mark, start: index, end: index + mark.length });
    from = index + mark.length;
  }
  read(text, from, text.length, words);
  return words;
}

/** Reads them at the first call, once. */
export function lazyWordsOf(text: string): () => readonly Word[] {
  let words: readonly Word[] | undefined;
  return () => {
    words ??= wordsOf(text);
    return words;
  };
}

function readAny(text: string, from: number, to: number, words: Word[]): void {
  for (const { index, 0: found } of text.slice(from, to).matchAll(word))
    words.push({
      word: found.normalize("NFKC").replaceAll("’", "'").toLowerCase(),
      start: from + index,
      end: from + index + found.length,
    });
}

/** The same by hand: most texts are ASCII, and a match of a pattern costs ten times as much as a word. */
function readAscii(text: string, from: number, to: number, words: Word[]): void {
  const small = text.toLowerCase();
  for (let at = from; at < to; at += 1) {
    if (!isAsciiWord(small.charCodeAt(at))) continue;
    const start = at;
    do at += 1;
    while (
      at < to &&
      (isAsciiWord(small.charCodeAt(at)) ||
        (small.charCodeAt(at) === APOSTROPHE && at + 1 < to && isAsciiWord(small.charCodeAt(at + 1))))
    );
    words.push({ word: small.slice(start, at), start, end: at });
  }
}

const APOSTROPHE = 39;

/** Small letters and digits. */
function isAsciiWord(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
}
