/**
 * Whether there is anything in a text that could be an instruction: a few words in a row, a script without spaces, or
 * something long enough to be an encoded text. Records, numbers and states, which is most of what tools return, have
 * none of it, and a model trained on prose has nothing to say of them.
 */

/** Three words with one sign between two of them; letters spaced out are words of one letter. */
const WORDS_IN_A_ROW = /[\p{L}\p{M}'’]+[ \t\n_.,:;/-][\p{L}\p{M}'’]+[ \t\n_.,:;/-]{1,2}[\p{L}\p{M}'’]+/u;
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]{5}/u;
/** Letters and digits without a break: what an encoded instruction takes at the least. */
const LONG_TOKEN = /[A-Za-z0-9+/=%\\]{20}/;
/** Characters that are there to be overlooked. */
const HIDDEN = /\p{Cf}|\p{Variation_Selector}/u;

export function couldInstruct(text: string): boolean {
  return WORDS_IN_A_ROW.test(text) || UNSPACED.test(text) || LONG_TOKEN.test(text) || HIDDEN.test(text);
}
