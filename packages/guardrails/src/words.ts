/** A text as its words, with where they stand: letters and digits in small letters, in the compatible form. */
import { markPattern } from "./marks.ts";

export type Word = { readonly word: string; readonly start: number; readonly end: number };

/** A word, with an apostrophe inside it; a script without spaces gives a word for each of its letters. */
const word =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}])+(?:['’](?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}])+)*/gu;

const asciiWord = /[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*/g;

/** A mark is a word that no phrase can hold: what redaction wrote is never found again, nor what it has parted. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what ASCII is.
  const isAscii = /^[\x00-\x7f]*$/.test(text);
  const pattern = isAscii ? asciiWord : word;
  let from = 0;
  const read = (to: number) => {
    for (const { index, 0: found } of text.slice(from, to).matchAll(pattern))
      words.push({
        word: (isAscii ? found : found.normalize("NFKC").replaceAll("’", "'")).toLowerCase(),
        start: from + index,
        end: from + index + found.length,
      });
  };
  for (const { index, 0: mark } of text.matchAll(markPattern)) {
    read(index);
    words.push({ word: mark, start: index, end: index + mark.length });
    from = index + mark.length;
  }
  read(text.length);
  return words;
}
