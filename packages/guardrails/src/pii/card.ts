/** Payment cards: a known issuer's prefix and length, or a word for a card before it, and Luhn's check digit. */
import type { Found } from "./found.ts";
import { before, namesOtherNumber } from "./surroundings.ts";

/** Digits in groups with one separator between; what is longer than any card is no run of cards either. */
const run = /(?<![\w.])\d(?:[ \u00a0\u202f.–-]?\d){11,}(?![\w])/g;

const MAX_GROUPS = 6;

/** Prefixes and lengths as the schemes publish them (ISO/IEC 7812). */
const issuers: readonly { readonly prefix: RegExp; readonly lengths: readonly number[] }[] = [
  { prefix: /^4/, lengths: [13, 16, 18, 19] },
  { prefix: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { prefix: /^3[47]/, lengths: [15] },
  { prefix: /^(?:6011|64[4-9]|65)/, lengths: [16, 19] },
  { prefix: /^3[0689]/, lengths: [14, 16, 19] },
  { prefix: /^35(?:2[89]|[3-8])/, lengths: [16, 17, 18, 19] },
  { prefix: /^(?:2131|1800)/, lengths: [15] },
  { prefix: /^(?:62|81)/, lengths: [16, 17, 18, 19] },
  { prefix: /^(?:50|5[6-8]|6304|67|0604|6390|639)/, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
  { prefix: /^(?:220[0-4]|60|65|9792|6759|636|637)/, lengths: [16, 17, 18, 19] },
];

const cardWord =
  /\b(?:card|credit|debit|visa|master ?card|amex|american express|discover|maestro|cc|pan|karte|kreditkarte|carte|tarjeta|cart[aã]o|carta|kaart|kort|karta)/i;

export function findCards(text: string): Found[] {
  const found: Found[] = [];
  for (const { index, 0: digits } of text.matchAll(run)) {
    if (!/\d{4}/.test(digits)) continue;
    const groups = [...digits.matchAll(/\d+/g)].map((group) => ({
      start: index + group.index,
      end: index + group.index + group[0].length,
    }));
    for (let first = 0; first < groups.length; first += 1) {
      const last = lastGroupOfCard(text, groups, first);
      const start = groups[first]?.start;
      const end = groups[last ?? -1]?.end;
      if (last === undefined || start === undefined || end === undefined) continue;
      found.push({ category: "credit_card", start, end, score: 1 });
      first = last;
    }
  }
  return found;
}

type Group = { readonly start: number; readonly end: number };

function lastGroupOfCard(text: string, groups: readonly Group[], first: number): number | undefined {
  const start = groups[first]?.start ?? 0;
  let digits = "";
  let card: number | undefined;
  for (let at = first; at < Math.min(groups.length, first + MAX_GROUPS); at += 1) {
    const group = groups[at];
    if (group === undefined) break;
    // 4-4-4-4, 4-6-5, 4-4-4-4-3: other groupings are lists of numbers.
    const length = group.end - group.start;
    if (
      length > 19 ||
      (at > first && ((at === first + 1 && digits.length !== 4) || length > 6 || length < 2))
    )
      break;
    digits += text.slice(group.start, group.end);
    if (digits.length > 19) break;
    if (digits.length >= 12 && isCard(text, start, digits)) card = at;
  }
  return card;
}

function isCard(text: string, start: number, digits: string): boolean {
  if (!passesLuhn(digits) || /^(\d)\1+$/.test(digits)) return false;
  if (cardWord.test(before(text, start))) return true;
  const issued = issuers.some(
    ({ prefix, lengths }) => prefix.test(digits) && lengths.includes(digits.length),
  );
  // So few digits are as often an article's number.
  return issued && (digits.length > 13 || !namesOtherNumber(text, start));
}

export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits.charAt(digits.length - 1 - at));
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
