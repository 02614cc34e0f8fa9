/**
 * Telephone numbers. Digits are everywhere in ordinary text, so a run of them is a number to call only if something
 * says so: an international prefix, a word before it, the shape of North America, or a national notation that the
 * numbering plan of one of the expected countries allows. A word for another kind of number speaks against it.
 */
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { countDigits } from "./digits.ts";
import type { Found } from "./found.ts";
import { namesOtherNumber } from "./surroundings.ts";

/** Where national notations are expected if the policy names no countries. */
export const defaultPhoneRegions: readonly string[] = (
  "US GB DE FR ES IT NL BE CH AT SE NO DK FI PL PT IE CZ GR RO HU TR IL ZA NG EG IN PK CN HK SG JP KR TH ID PH MY VN " +
  "AU NZ BR MX AR CO CL PE RU UA"
).split(" ");

/** So many candidates ask the numbering plans; after that, of a text that is all numbers, the shape alone decides. */
const MAX_LOOKUPS = 1_000;
const MAX_GROUPS = 7;
const FEWEST_DIGITS = 7;

/** Groups of digits with little between; a bracket may open and close once near the beginning. */
const run =
  /(?<![\p{L}\p{N}_@.,:/#$€£¥₹+-]|\d[ ]?[(])(?:\+[ ]?|00[ ]?)?(?:\(\+?\d{1,5}\)|\d{1,15})(?:[ \u00a0\u202f./–‑-]{1,2}\(?\d{1,12}\)?|\(\d{1,5}\)[ \u00a0-]?\d{1,12}|(?<=\))\d{1,12}){0,9}/gu;
const extension = /(?:\s?(?:x|ext\.?|extension|#|durchwahl|poste|доб\.?)\s?\.?\d{1,6})(?![\p{L}\p{N}])/iuy;

const phoneWord =
  /(?:\b(?:phone|telephone|tel|cell|cellphone|mobile|mob|call|calls|called|calling|dial|ring|text|sms|whatsapp|signal|telegram|viber|fax|hotline|helpline|landline|contact|reach|voicemail|number is|number|customer service|service line|support line|telefon|telefonnummer|handy|handynummer|mobil|rufnummer|anrufen|rufen|ruft?|unter|festnetz|téléphone|portable|appel\w{0,3}|numéro|teléfono|móvil|celular|llam\w{1,4}|telefone|telemóvel|ligue|ligar|telefono|cellulare|chiam\w{1,4}|telefoon|bel|mobiel|telefonnr|mobilnr|puhelin|puh|komórka|telefonu|zadzwoń|cep|ara|telp|hp|điện thoại)\b|телефон|тел\.|моб|звон|電話|携帯|전화|휴대폰|电话|手机|手機|联系|هاتف|جوال|טלפון|फ़ोन|फोन|मोबाइल|โทร)/giu;

/** How far after such a word a number still belongs to it, as long as no other number and no line's end come between. */
const WORD_REACH_CHARS = 32;

export function findPhones(text: string, regions: readonly string[] = defaultPhoneRegions): Found[] {
  const found: Found[] = [];
  const knowledge = { ...createPlans(regions), isAnnounced: createAnnouncements(text) };
  for (const { index, 0: digits } of text.matchAll(run)) {
    const count = countDigits(digits);
    if (count < FEWEST_DIGITS || isOther(digits, count)) continue;
    if (!digits.startsWith("+") && namesOtherNumber(text, index)) continue;
    const groups = groupsIn(digits, index);
    // Where the last number or date ended; what begins amid other digits is hardly a number of its own.
    let fresh = 0;
    for (let first = 0; first < groups.length; first += 1) {
      const isOwn = first === fresh;
      const { found: phone, last, ended } = longestPhone(text, groups, first, isOwn, knowledge);
      if (phone !== undefined) found.push(phone);
      if (ended) fresh = last + 1;
      first = last;
    }
  }
  return found;
}

type Group = { readonly start: number; readonly end: number };

/** A group takes the plus or the bracket with it that opens it. */
function groupsIn(digits: string, offset: number): Group[] {
  return [...digits.matchAll(/\+?[ ]?\(?\+?\d+\)?/g)].map(({ index, 0: group }) => {
    const blank = group.length - group.trimStart().length;
    return { start: offset + index + blank, end: offset + index + group.length };
  });
}

function longestPhone(
  text: string,
  groups: readonly Group[],
  first: number,
  isOwn: boolean,
  plans: Knowledge,
): { readonly found?: Found; readonly last: number; readonly ended: boolean } {
  const start = groups[first]?.start ?? 0;
  for (let last = Math.min(groups.length, first + MAX_GROUPS) - 1; last >= first; last -= 1) {
    const end = groups[last]?.end ?? start;
    const number = text.slice(start, end);
    const count = countDigits(number);
    if (count > 15) continue;
    // A part of a date or of a book's number is no number to call.
    if (count > 3 && isOther(number, count)) return { last, ended: true };
    if (count < FEWEST_DIGITS) continue;
    const after = endWithExtension(text, end);
    if (after === end && /^(?:[\p{L}\p{N}_@]|[.,:]\d)/u.test(text.slice(end, end + 2))) continue;
    const score = scoreOf(start, number, isOwn && last === groups.length - 1, plans);
    if (score !== undefined)
      return { found: { category: "phone", start, end: after, score }, last, ended: true };
  }
  return { last: first, ended: false };
}

function scoreOf(start: number, number: string, isWhole: boolean, plans: Knowledge): number | undefined {
  const count = countDigits(number);
  if (/^\(?(?:\+|00)/.test(number) && count >= 8 && plans.isInternational(number)) return 0.95;
  if (plans.isAnnounced(start)) return 0.9;
  if (/^(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}([-. ]))\d{3}[-. ]\d{4}$/.test(number)) return 0.8;
  if (!isWhole || !isWritten(number, count)) return undefined;
  return plans.isNational(number) ? 0.7 : undefined;
}

/** National notations that numbers of other kinds hardly have: a bracket, a leading zero, pairs and quads. */
function isWritten(number: string, count: number): boolean {
  if (/^\(0?\d{1,4}\)/.test(number)) return count >= 8;
  const groups = number.split(/[^\d]+/);
  // 80 87 78 69 68, 080 087 078: a list.
  const isList = groups.length >= 5 && groups.every((group) => group.length === groups[0]?.length);
  if (isList && (groups[0]?.length === 3 || !number.startsWith("0"))) return false;
  if (number.startsWith("0")) return count >= 9 && (groups.length > 1 || count >= 10);
  // 1 234 567, 612.345.678: thousands.
  if (groups.slice(1).every((group) => group.length === 3)) return false;
  return groups.length >= 3 && count >= 9 && count <= 12;
}

/** Cards, book numbers, decimal numbers, addresses of machines, dates, spans of years: digits whose kind shows. */
function isOther(number: string, count: number): boolean {
  return (
    /^\d{3}-\d{2}-\d{4}$/.test(number) ||
    (/^97[89][- ]?\d/.test(number) && count === 13) ||
    /^\d{1,3}(?:\.\d{1,3}){3}$/.test(number) ||
    /^\d+\.\d+$/.test(number) ||
    /^(\d)(?:\D{0,2}\1){6,}$/.test(number) ||
    /^\d{4}([- ])\d{4}\1\d{4}\1\d{3,4}$/.test(number) ||
    isDate(number)
  );
}

/** 2024-01-15, 15.01.2024, 2019-2024, 20240115. */
function isDate(number: string): boolean {
  return (
    /^(?:19|20)\d\d([-./ ])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])$/.test(number) ||
    /^(?:0?[1-9]|[12]\d|3[01])([-./ ])(?:0?[1-9]|[12]\d|3[01])\1(?:19|20)?\d\d$/.test(number) ||
    /^(?:19|20)\d\d ?[-–/] ?(?:(?:19|20)\d\d|\d\d(?:[-–/]\d\d)+)$/.test(number) ||
    /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(number)
  );
}

type Knowledge = Plans & { readonly isAnnounced: (start: number) => boolean };

/** The words that announce a number, looked for once a text and only if there is a number at all. */
function createAnnouncements(text: string): Knowledge["isAnnounced"] {
  let ends: number[] | undefined;
  let next = 0;
  return (start) => {
    ends ??= [...text.matchAll(phoneWord)].map(({ index, 0: word }) => index + word.length);
    // Candidates come in the order of the text.
    while ((ends[next] ?? Number.POSITIVE_INFINITY) <= start) next += 1;
    const end = ends[next - 1];
    return end !== undefined && start - end <= WORD_REACH_CHARS && !/[\d\n]/.test(text.slice(end, start));
  };
}

type Plans = {
  readonly isInternational: (number: string) => boolean;
  readonly isNational: (number: string) => boolean;
};

const known = new WeakMap<readonly string[], readonly CountryCode[]>();

function countriesOf(regions: readonly string[]): readonly CountryCode[] {
  const countries =
    known.get(regions) ?? regions.filter((region): region is CountryCode => isSupportedCountry(region));
  known.set(regions, countries);
  return countries;
}

function createPlans(regions: readonly string[]): Plans {
  const countries = countriesOf(regions);
  let left = MAX_LOOKUPS;
  return {
    isInternational: (number) => {
      if (left <= 0) return true;
      left -= 1;
      const bare = number.replace(/\D/g, "").replace(/^00/, "");
      return parsePhoneNumberFromString(`+${bare}`)?.isPossible() ?? false;
    },
    isNational: (number) => {
      if (left <= 0) return number.startsWith("0") || number.startsWith("(");
      left -= 1;
      return countries.some((country) => parsePhoneNumberFromString(number, country)?.isValid() ?? false);
    },
  };
}

function endWithExtension(text: string, end: number): number {
  extension.lastIndex = end;
  return extension.test(text) ? extension.lastIndex : end;
}
