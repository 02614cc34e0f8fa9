/**
 * Texts inside a text that a model reads although a filter would not: base64, hex, percent and entity escapes, rot13,
 * words written backwards. Each is handed out in plain letters, with the place where it stood. One level deep, and no
 * more text than the original had.
 */
import { createRunFinder } from "../character-run.ts";
import type { Lexicon } from "./lexicon.ts";
import { readWord, tokenize } from "./tokens.ts";

export interface HiddenText {
  text: string;
  start: number;
  end: number;
}

const MOST_SEGMENTS = 32;

export const findHiddenTexts = (text: string, lexicon: Lexicon): HiddenText[] => {
  const found = [...encodedSegments(text)];
  for (const turn of [rot13, backwards]) {
    const turned = turn(text, lexicon);
    if (turned !== undefined) found.push({ text: turned, start: 0, end: text.length });
  }
  return found;
};

// Linear: each pattern is one run of one class, so nothing is tried twice.
const BASE64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g;
const HEX = /(?:[0-9a-fA-F]{2}[ :,-]?){12,}/g;
const ESCAPES =
  /(?:&#x?[0-9a-fA-F]{2,6};|%[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|U\+[0-9a-fA-F]{4,6})/g;

function* encodedSegments(text: string): Generator<HiddenText> {
  let left = MOST_SEGMENTS;
  const rules: [(text: string) => boolean, RegExp, (segment: string) => string][] = [
    [mayHoldBase64, BASE64, (segment) => Buffer.from(segment, "base64").toString("utf8")],
    [
      mayHoldHex,
      HEX,
      (segment) =>
        Buffer.from(segment.replace(/[^0-9a-fA-F]/g, ""), "hex")
          .toString("utf8")
          .replaceAll("\0", ""),
    ],
  ];
  for (const [mayHold, pattern, decode] of rules)
    for (const match of mayHold(text) ? text.matchAll(pattern) : []) {
      if (left === 0) return;
      const plain = decode(match[0]);
      if (!isProse(plain)) continue;
      left--;
      yield { text: plain, start: match.index, end: match.index + match[0].length };
    }
  if (!/[&%\\+]/.test(text) || text.search(ESCAPES) < 0) return;
  const plain = text.replace(ESCAPES, unescapeOne);
  if (plain !== text) yield { text: plain, start: 0, end: text.length };
}

/** Whether there is anything long enough for the patterns, which try every place. */
const mayHoldBase64 = createRunFinder(/[A-Za-z0-9+/_-]/, 16);
const mayHoldHex = createRunFinder(/[0-9a-fA-F :,-]/, 24);

const unescapeOne = (sequence: string): string => {
  const digits = sequence.replace(/^(&#x?|%|\\u|\\x|U\+)/, "").replace(";", "");
  const codePoint = Number.parseInt(
    digits,
    sequence.startsWith("&#") && !sequence.startsWith("&#x") ? 10 : 16,
  );
  return codePoint > 8 && codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : " ";
};

/** Letters and spaces for the most part: what somebody wrote, not what a key or a picture happens to decode to. */
const isProse = (text: string): boolean => {
  if (text.length < 8 || text.includes("\ufffd")) return false;
  let plain = 0;
  let spaces = 0;
  for (const char of text) {
    if (char === " ") spaces++;
    if (/[\p{L}\p{N} .,;:!?'"\n-]/u.test(char)) plain++;
  }
  return spaces > 0 && plain / text.length > 0.9;
};

const FEWEST_KNOWN_WORDS = 3;

/** How many known words of five letters and more a text has: enough of them, and it is a language. */
const knownWords = (text: string, lexicon: Lexicon): number => {
  let known = 0;
  for (const { word, idea } of tokenize(text, lexicon, (raw) => readWord(raw, lexicon)))
    if (idea > 0 && word.length >= 5) known++;
  return known;
};

const turned = (text: string, plain: string, lexicon: Lexicon): string | undefined => {
  const after = knownWords(plain, lexicon);
  return after >= FEWEST_KNOWN_WORDS && after > 2 * knownWords(text, lexicon) ? plain : undefined;
};

const LONGEST_TURNED = 20_000;

const rot13 = (text: string, lexicon: Lexicon): string | undefined =>
  text.length > LONGEST_TURNED || !/\b(?:naq|gur|lbhe|nyy|lbh)\b/i.test(text)
    ? undefined
    : turned(
        text,
        text.replace(/[a-z]/gi, (letter) => {
          const base = letter <= "Z" ? 65 : 97;
          return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
        }),
        lexicon,
      );

const backwards = (text: string, lexicon: Lexicon): string | undefined =>
  text.length > LONGEST_TURNED ||
  !/snoi|tpmorp|erongi|metsys|drows|suoiver|teger|laever|seluR|selur/i.test(text)
    ? undefined
    : turned(text, [...text].reverse().join(""), lexicon);
