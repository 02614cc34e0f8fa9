/**
 * Numbers that the United States and their states give to people. A social security number has a shape of its own;
 * passports and driver's licences are told by a word before them only.
 */
import { countDigits } from "./digits.ts";
import type { Found } from "./found.ts";
import { before, namesOtherNumber } from "./surroundings.ts";

const ssnShape = /(?<![\w-]|\d[ .])\d{3}([- –.])\d{2}\1\d{4}(?![\w-]|[ .]\d)/g;
const nineDigits = /(?<![\w.-])(?:\d{9}|\d{3} ?\d{2} ?\d{4})(?![\w-]|\.\d)/g;
const ssnWord = /\b(?:ssns?|itin|tin|socials?|social\s{1,2}security|taxpayer)\b/i;

const passportShape = /(?<![\w-])(?:[A-Za-z]\d{8}|\d{9})(?![\w-])/g;
const passportWord = /\b(?:passports?|passeport|pasaporte|reisepass|passnummer|passaporto|passaporte)\b/i;

const licenceShape = /(?<![\w-])[A-Z]{0,7}\d[A-Z0-9]*(?:[- ][A-Z]?\d[A-Z0-9]*){0,4}(?![\w-])/g;
const licenceWord =
  /(?:\bdriv(?:er(?:['’]?s|s['’])?|ing)[\s-]{1,2}licen[cs]e|\blicen[cs]e\s{1,2}(?:number|no|num|#)|\bdln?\b|\bd\.l\.)/i;

const SSN_DIGITS = 9;

/** `digits`: how many the text has, or that they are enough for any of these. */
export function findUsNumbers(text: string, digits: number = countDigits(text, SSN_DIGITS)): Found[] {
  return [...(digits < SSN_DIGITS ? [] : findSsns(text)), ...findPassports(text), ...findLicences(text)];
}

function findSsns(text: string): Found[] {
  const found: Found[] = [];
  const add = (start: number, length: number, score: number) =>
    found.push({ category: "ssn", start, end: start + length, score });
  for (const { index, 0: number, 1: separator } of text.matchAll(ssnShape))
    if (ssnWord.test(before(text, index))) add(index, number.length, 1);
    else if (separator !== "." && wasIssued(number) && !namesOtherNumber(text, index))
      add(index, number.length, separator === "-" ? 0.9 : 0.7);
  for (const { index, 0: number } of text.matchAll(nineDigits))
    if (ssnWord.test(before(text, index))) add(index, number.length, 0.9);
  return found;
}

/** Areas, groups and serials that the Social Security Administration gives to nobody. */
function wasIssued(number: string): boolean {
  return !/^(?:000|666|9)/.test(number) && !/^.{4}00/.test(number) && !number.endsWith("0000");
}

function findPassports(text: string): Found[] {
  if (!passportWord.test(text)) return [];
  return [...text.matchAll(passportShape)]
    .filter(({ index }) => passportWord.test(before(text, index)))
    .map(({ index, 0: number }) => ({
      category: "us_passport" as const,
      start: index,
      end: index + number.length,
      score: 0.9,
    }));
}

function findLicences(text: string): Found[] {
  if (!licenceWord.test(text)) return [];
  return [...text.matchAll(licenceShape)]
    .filter(({ 0: number }) => number.length <= 24 && number.replace(/\D/g, "").length >= 5)
    .filter(({ index }) => licenceWord.test(before(text, index, 48)))
    .map(({ index, 0: number }) => ({
      category: "us_drivers_license" as const,
      start: index,
      end: index + number.length,
      score: 0.8,
    }));
}
