/**
 * One spelling for what looks alike: compatibility forms, case, accents, invisible and bidi characters, letters borrowed
 * from other scripts. Works code point by code point, so that every offset of the original stays known.
 */

/** Cyrillic, Greek and other letters that pass for a Latin one. Used only inside words that also have Latin letters. */
const LOOK_ALIKES: Record<string, string> = Object.fromEntries(
  [
    ...[
      "аa",
      "вb",
      "сc",
      "ԁd",
      "еe",
      "ѐe",
      "ёe",
      "һh",
      "іi",
      "їi",
      "јj",
      "кk",
      "ӏl",
      "мm",
      "нh",
      "оo",
      "рp",
      "ԛq",
      "гr",
      "ѕs",
      "тt",
      "цu",
      "ѵv",
      "ԝw",
      "хx",
      "уy",
      "зz",
    ],
    ...["αa", "βb", "ϲc", "εe", "ηn", "ιi", "κk", "μu", "νv", "οo", "ρp", "σo", "τt", "υu", "χx", "γy", "ωw"],
    ...[
      "ıi",
      "łl",
      "øo",
      "đd",
      "ħh",
      "ŧt",
      "ɑa",
      "ɡg",
      "ɩi",
      "ʟl",
      "ɴn",
      "ʀr",
      "ᴀa",
      "ʙb",
      "ᴄc",
      "ᴅd",
      "ᴇe",
      "ꜰf",
      "ɢg",
      "ʜh",
      "ɪi",
      "ᴊj",
      "ᴋk",
      "ᴍm",
      "ᴏo",
      "ᴘp",
      "ꜱs",
      "ᴛt",
      "ᴜu",
      "ᴠv",
      "ᴡw",
      "ʏy",
      "ᴢz",
    ],
  ].map((pair) => [[...pair][0], [...pair][1]]),
);

const folded = new Map<number, string>();

/** What a code point counts as: lower case, without accents; "" for what cannot be seen. Tag characters speak ASCII. */
export const foldCodePoint = (codePoint: number): string => {
  const known = folded.get(codePoint);
  if (known !== undefined) return known;
  const answer = fold(codePoint);
  // Bounded: a text can bring every code point there is.
  if (folded.size < 20_000) folded.set(codePoint, answer);
  return answer;
};

/** Format characters, fillers that show nothing, variation selectors. */
const UNSEEN = new Set([0x34f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xffa0]);
const isUnseen = (char: string, codePoint: number): boolean =>
  /\p{Cf}/u.test(char) ||
  UNSEEN.has(codePoint) ||
  (codePoint >= 0xfe00 && codePoint <= 0xfe0f) ||
  (codePoint >= 0xe0000 && codePoint <= 0xe0fff);

const fold = (codePoint: number): string => {
  if (codePoint >= 0xe0020 && codePoint <= 0xe007e)
    return String.fromCharCode(codePoint - 0xe0000).toLowerCase();
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return " ";
  const char = String.fromCodePoint(codePoint);
  if (isUnseen(char, codePoint)) return "";
  // Regional indicators and squared letters spell words too.
  if (codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff) return String.fromCharCode(codePoint - 0x1f1e6 + 97);
  if (codePoint >= 0x1f130 && codePoint <= 0x1f189)
    return String.fromCharCode((((codePoint - 0x1f130) % 32) % 26) + 97);
  return char
    .normalize("NFKD")
    .replace(/[\u0300-\u036f\u20d0-\u20ff]/g, "")
    .normalize("NFC")
    .toLowerCase();
};

const LATIN = /[a-z]/;
const FOREIGN = /[\u0080-\uffff]/;

/** A word of mixed scripts, in Latin letters. */
export const unmixScripts = (word: string): string => {
  if (!FOREIGN.test(word) || !LATIN.test(word)) return word;
  let answer = "";
  for (const char of word) answer += LOOK_ALIKES[char] ?? char;
  return answer;
};

const LEET: Record<string, string> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
  "!": "i",
  "|": "l",
};

/** `1gn0r3` as letters; the word itself where there is nothing to undo. */
export const unleet = (word: string): string => {
  let letters = 0;
  let signs = 0;
  let answer = "";
  for (const char of word) {
    const letter = LEET[char];
    if (letter !== undefined) signs++;
    else letters++;
    answer += letter ?? char;
  }
  return letters > 0 && signs > 0 ? answer : word;
};
