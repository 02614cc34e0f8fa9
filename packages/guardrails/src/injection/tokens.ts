/**
 * Text → folded words with their places in the original, in one pass. CJK and Thai have no spaces: there each character
 * is a token. Runs of one sign are one token. Words written letter by letter are put together again, leet words that
 * then mean something are undone, and both are marked, since honest text seldom needs either.
 */
import { foldCodePoint, unleet, unmixScripts } from "./fold-word.ts";
import type { Lexicon } from "./lexicon.ts";

/** A word as it was written, by what it stands for. */
export interface ReadWord {
  word: string;
  /** The idea of the lexicon, 0 for none. */
  idea: number;
  /** Written so as to be overlooked. */
  disguised: boolean;
}

/** `Known` is what the caller keeps of a word besides: it is the same wherever the word stands. */
export interface Token<Known extends ReadWord = ReadWord> {
  known: Known;
  word: string;
  start: number;
  end: number;
  idea: number;
  disguised: boolean;
  /** All in capitals, two letters at least. */
  loud: boolean;
}

/** A word from the text → what is known of it; at best one that remembers. */
export type WordReader<Known extends ReadWord> = (raw: string) => Known;

const LONGEST_WORD = 32;
const SPACELESS = /[\u0e00-\u0e7f\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]/;
const INNER_SIGN = /['@$!|_]/;

const isWord = (char: string): boolean => {
  const code = char.charCodeAt(0);
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
  return /[\p{L}\p{M}\p{N}]/u.test(char);
};

export const tokenize = <Known extends ReadWord>(
  text: string,
  lexicon: Lexicon,
  read: WordReader<Known>,
): Token<Known>[] => joinSpelledOut(split(text, lexicon, read), lexicon, read);

export const readWord = (raw: string, lexicon: Lexicon): ReadWord => {
  let word = unmixScripts(raw);
  let disguised = word !== raw;
  if (word.length > 3 && /[0-9@$!|]/.test(word)) {
    const plain = unleet(word);
    if (plain !== word && lexicon.knows(plain)) {
      word = plain;
      disguised = true;
    } else if (/^[0-9]+$/.test(word)) word = ZEROS.slice(0, word.length);
  }
  return { word, idea: lexicon.ideaOf(word), disguised };
};

/** Numbers differ in every text, and say no more than how long they are. */
const ZEROS = "000000";

/** 1: a capital, 2: a small letter or digit, 3: a sign that may stand inside a word, 0: any other ASCII character. */
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  return /[A-Z]/.test(char) ? 1 : /[a-z0-9]/.test(char) ? 2 : INNER_SIGN.test(char) ? 3 : 0;
});
const isPlain = (code: number): boolean => code < 128 && (ASCII[code] === 1 || ASCII[code] === 2);

const split = <Known extends ReadWord>(
  text: string,
  lexicon: Lexicon,
  read: WordReader<Known>,
): Token<Known>[] => {
  const tokens: Token<Known>[] = [];
  let word = "";
  let start = 0;
  let end = 0;
  let upper = 0;
  let hidden = 0;
  const close = () => {
    if (word === "") return;
    const known = read(word);
    tokens.push({
      known,
      word: known.word,
      start,
      end,
      idea: known.idea,
      disguised: hidden > 1 || known.disguised,
      loud: upper > 1 && upper === word.length,
    });
    word = "";
    upper = 0;
    hidden = 0;
  };
  const add = (letters: string, from: number, until: number) => {
    if (word.length + letters.length > LONGEST_WORD) close();
    if (word === "") start = from;
    word += letters;
    end = until;
  };
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (isPlain(code)) {
      let until = at;
      let capitals = 0;
      while (until < text.length && until - at < LONGEST_WORD && isPlain(text.charCodeAt(until))) {
        if (ASCII[text.charCodeAt(until)] === 1) capitals++;
        until++;
      }
      const run = text.slice(at, until);
      add(capitals > 0 ? run.toLowerCase() : run, at, until);
      upper += capitals;
      at = until;
    } else if (code < 128) {
      if (word !== "" && ASCII[code] === 3 && at + 1 < text.length && isPlain(text.charCodeAt(at + 1)))
        add(text.charAt(at), at, at + 1);
      else {
        close();
        if (code > 32 || code === 10) pushSign(tokens, text.charAt(at), at, at + 1, read);
      }
      at++;
    } else {
      const codePoint = text.codePointAt(at) ?? 32;
      const next = at + (codePoint > 0xffff ? 2 : 1);
      const char = foldCodePoint(codePoint);
      if (char === "") hidden += word === "" ? 0 : 1;
      else if (SPACELESS.test(char)) {
        close();
        tokens.push({ ...signToken(read(char), at, next), idea: lexicon.ideaAt(text, at) });
      } else if (isWord(char)) add(char, at, next);
      else if (char === "’" && word !== "" && /^\p{L}/u.test(text.slice(next, next + 2))) add("'", at, next);
      else {
        close();
        if (char.trim() !== "") pushSign(tokens, char, at, next, read);
      }
      at = next;
    }
  }
  close();
  return tokens;
};

/** A sign that goes on is the same token, in three lengths. */
const pushSign = <Known extends ReadWord>(
  tokens: Token<Known>[],
  sign: string,
  start: number,
  end: number,
  read: WordReader<Known>,
): void => {
  const last = tokens.at(-1);
  if (last !== undefined && last.end === start && last.word.charAt(0) === sign.charAt(0) && !isWord(sign)) {
    last.end = end;
    const length = end - last.start;
    last.known = read(sign.charAt(0).repeat(length < 3 ? length : length < 8 ? 3 : 4));
    last.word = last.known.word;
  } else tokens.push(signToken(read(sign), start, end));
};

const signToken = <Known extends ReadWord>(known: Known, start: number, end: number): Token<Known> => ({
  known,
  word: known.word,
  start,
  end,
  idea: 0,
  disguised: false,
  loud: false,
});

const FEWEST_LETTERS = 5;

/** `i g n o r e` and `i-g-n-o-r-e` become one word; a wider gap ends a word, else known words are cut from the row. */
const joinSpelledOut = <Known extends ReadWord>(
  tokens: Token<Known>[],
  lexicon: Lexicon,
  read: WordReader<Known>,
): Token<Known>[] => {
  const answer: Token<Known>[] = [];
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at];
    const letters = isLetter(token) ? spelledOut(tokens, at) : [];
    if (letters.length < FEWEST_LETTERS) {
      if (token !== undefined) answer.push(token);
      at++;
      continue;
    }
    for (const piece of pieces(letters, lexicon, read)) answer.push(piece);
    const end = letters.at(-1)?.end ?? 0;
    while ((tokens[at]?.start ?? Number.POSITIVE_INFINITY) < end) at++;
  }
  return answer;
};

const isLetter = (token: Token | undefined): boolean =>
  token !== undefined &&
  token.word.length === 1 &&
  isWord(token.word) &&
  !/[0-9]/.test(token.word) &&
  !SPACELESS.test(token.word);

const SEPARATOR = /^[-._*+~|\\/]$/;

const spelledOut = <Known extends ReadWord>(tokens: Token<Known>[], from: number): Token<Known>[] => {
  const letters: Token<Known>[] = [];
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (isLetter(token)) letters.push(token);
    else if (letters.length === 0 || !SEPARATOR.test(token.word) || !isLetter(tokens[at + 1])) break;
  }
  return letters;
};

function* pieces<Known extends ReadWord>(
  letters: Token<Known>[],
  lexicon: Lexicon,
  read: WordReader<Known>,
): Generator<Token<Known>> {
  const gaps = letters.map((letter, at) => letter.start - (letters[at - 1]?.end ?? letter.start));
  const usual = Math.min(...gaps.slice(1, 200));
  for (let from = 0; from < letters.length; ) {
    let until = from + 1;
    while (until < letters.length && (gaps[until] ?? 0) <= usual && until - from < LONGEST_WORD) until++;
    const row = letters.slice(from, until);
    const text = row.map((letter) => letter.word).join("");
    const cut = firstWord(text, lexicon);
    const last = row[cut - 1] ?? row.at(-1);
    const [first] = row;
    if (first !== undefined && last !== undefined) {
      const known = read(text.slice(0, cut));
      yield { ...signToken(known, first.start, last.end), idea: known.idea, disguised: true };
    }
    from += cut;
  }
}

/** Where the first known word of a row of letters ends, seen by another known word that begins there. */
const firstWord = (row: string, lexicon: Lexicon): number => {
  const startsWithKnown = (from: number) => {
    for (let length = 2; length <= 9 && from + length <= row.length; length++)
      if (lexicon.knows(row.slice(from, from + length))) return true;
    return false;
  };
  for (let length = 2; length < Math.min(row.length, 16); length++)
    if (lexicon.knows(row.slice(0, length)) && startsWithKnown(length)) return length;
  return row.length;
};
