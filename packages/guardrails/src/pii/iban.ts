/** IBANs: the country's length, and the remainder of 97 (ISO 13616), written in one piece or in groups. */
import type { Found } from "./found.ts";

const head = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ \u00a0-]?[A-Za-z0-9])/g;

/** Lengths by the SWIFT registry. */
const lengths: Readonly<Record<string, number>> = Object.fromEntries(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 " +
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 " +
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 " +
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
  )
    .split(" ")
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

export function findIbans(text: string): Found[] {
  const found: Found[] = [];
  for (const { index, 0: begin } of text.matchAll(head)) {
    const length = lengths[begin.slice(0, 2).toUpperCase()];
    const end = length === undefined ? undefined : endOf(text, index, length);
    if (end === undefined) continue;
    const compact = text
      .slice(index, end)
      .replace(/[ \u00a0-]/g, "")
      .toUpperCase();
    if (remainderOf97(compact) === 1) found.push({ category: "iban", start: index, end, score: 1 });
  }
  return found;
}

/** Where as many letters and digits are read, with no more than one separator between two; undefined: they are not there. */
function endOf(text: string, start: number, length: number): number | undefined {
  let at = start;
  for (let read = 0; read < length; ) {
    const char = text.charAt(at);
    if (/[A-Za-z0-9]/.test(char)) read += 1;
    else if (!/[ \u00a0-]/.test(char) || !/[A-Za-z0-9]/.test(text.charAt(at + 1))) return undefined;
    at += 1;
  }
  return /[A-Za-z0-9]/.test(text.charAt(at)) ? undefined : at;
}

export function remainderOf97(compact: string): number {
  let remainder = 0;
  for (const char of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder;
}
