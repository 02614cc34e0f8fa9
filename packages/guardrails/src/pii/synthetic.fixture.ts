/**
 * Personal data that belongs to nobody, made by a seeded generator, and ordinary text full of digits that are none.
 * Formats of telephone numbers are as people in these countries write them; the digits are drawn blindly, so that many
 * break their country's numbering plan, as in any sample set.
 */

import { passesLuhn } from "./card.ts";
import type { PiiCategory } from "./found.ts";
import { remainderOf97 } from "./iban.ts";

export type Planted = { readonly text: string; readonly category: PiiCategory; readonly value: string };

/** mulberry32 */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `%` is a digit but 0, `#` any. */
export const phoneFormats: Readonly<Record<string, readonly string[]>> = {
  US: [
    "+1-%##-###-####x####",
    "(%##)###-####",
    "(%##) ###-####",
    "%##.###.####",
    "%##-###-####",
    "001-%##-###-####x###",
    "%#########",
    "+1%#########",
    "1-%##-###-####",
  ],
  GB: [
    "+44(0)%## #######",
    "(0%##) ### ####",
    "0%### ######",
    "+44%## #######",
    "07### ######",
    "020 7### ####",
    "+44 7### ######",
  ],
  DE: [
    "+49(0)%#########",
    "0%### ######",
    "(0%###) ######",
    "+49 (0) %### ######",
    "0171/#######",
    "+49 30 #######",
    "0151 ########",
  ],
  FR: ["+33 (0)% ## ## ## ##", "0% ## ## ## ##", "0%########", "+33 % ## ## ## ##", "0%.##.##.##.##"],
  ES: ["+34 6## ### ###", "+346## ### ###", "6## ### ###", "6########", "9# ### ## ##"],
  IT: ["+39 3## ## ## ###", "+39 0# #### ####", "3## #######", "06 #### ####"],
  NL: ["0%########", "+31 (0)%# #######", "06-########", "(0%##)######", "+31 6 ########"],
  BR: ["(%#) ####-####", "+55 (%#) 9####-####", "%# 9#### ####", "0800 ### ####"],
  PT: ["(351) 9## ### ###", "9########", "+351 2## ### ###", "9## ### ###"],
  SE: ["0%#-### ## ##", "+46 (0)%# ### ###", "070-### ## ##"],
  NO: ["%# ## ## ##", "+47 %# ## ## ##", "%#######"],
  DK: ["+45 %# ## ## ##", "%# ## ## ##"],
  FI: ["+358 % #### ###", "0%# ### ####"],
  PL: ["+48 %## ### ###", "%## ### ###", "%# ### ## ##"],
  CZ: ["%## ### ###", "+420 %## ### ###"],
  CH: ["0%# ### ## ##", "+41 %# ### ## ##"],
  AT: ["0%## ######", "+43 664 #######"],
  BE: ["04## ## ## ##", "+32 4## ## ## ##"],
  IE: ["08# ### ####", "+353 8# ### ####"],
  JP: ["0%-####-####", "090-####-####", "+81 90-####-####"],
  CN: ["1%#########", "1%#-####-####", "+86 1%# #### ####"],
  KR: ["010-####-####", "02-###-####", "+82 10-####-####"],
  IN: ["+91%#########", "9#########", "+91-9####-#####", "0%#########", "9#### #####"],
  RU: ["+7 (9##) ###-##-##", "8 9## ### ## ##", "8 (9##) ###-##-##"],
  UA: ["+380 %# ### ## ##", "0%# ### ## ##"],
  TR: ["+90(5##)#######", "05## ### ## ##"],
  AU: ["(0%) #### ####", "04## ### ###", "+61 % #### ####"],
  NZ: ["021 ### ####", "+64 21 ### ####"],
  ZA: ["0%# ### ####", "+27 %# ### ####"],
  MX: ["+52 %# #### ####", "(%##)###-####", "%# #### ####"],
  AR: ["+54 9 11 ####-####", "011 ####-####"],
  CO: ["+57 3## ### ####", "3## ### ####"],
  ID: ["+62 8## #### ####", "08##-####-####"],
  TH: ["08#-###-####"],
  VN: ["09## ### ###"],
  SG: ["+65 %### ####", "%### ####"],
  PH: ["09## ### ####", "+63 9## ### ####"],
  IL: ["05#-###-####"],
  SA: ["+966 5# ### ####", "05########"],
  AE: ["+971 5# ### ####"],
  HK: ["+852 %### ####"],
  TW: ["09##-###-###"],
  PK: ["03##-#######"],
  NG: ["080########", "+234 80# ### ####"],
  KE: ["07## ######"],
  GR: ["69########", "21# ### ####"],
  RO: ["07## ### ###"],
  HU: ["06 %# ### ####", "+36 %# ### ####"],
};

export const phoneFrames: readonly string[] = [
  "My phone number is {}.",
  "Please call me at {} after six.",
  "Phone: {}",
  "You can reach her on {} or by post.",
  "Text {} if you are late, thanks!",
  "Bitte rufen Sie mich unter {} an.",
  "Mon numéro de téléphone est le {}, merci.",
  "Mi teléfono es {}.",
  "Our customer service: {} (Mon to Fri)",
  "Ann Lee, {}, office 12",
  "Is {} still your number?",
  "Best regards\nTom\n{}",
];

export function phones(perFormat: number, seed = 1): (Planted & { readonly country: string })[] {
  const random = seeded(seed);
  return Object.entries(phoneFormats).flatMap(([country, formats]) =>
    formats.flatMap((format) =>
      Array.from({ length: perFormat }, () => {
        const value = digitsFor(format, random);
        return { country, category: "phone" as const, value, text: framed(phoneFrames, value, random) };
      }),
    ),
  );
}

export function digitsFor(format: string, random: () => number): string {
  return format.replace(
    /[%#]/g,
    (sign) => `${sign === "%" ? 1 + Math.floor(random() * 9) : Math.floor(random() * 10)}`,
  );
}

function framed(frames: readonly string[], value: string, random: () => number): string {
  return (frames[Math.floor(random() * frames.length)] ?? "{}").replace("{}", () => value);
}

const frames: readonly string[] = [
  "It is {}.",
  "Please note {} for the files, thanks",
  "She wrote ({}) yesterday; nothing since.",
  "{}",
  'Use "{}" and nothing else',
  "La dernière fois c'était {}, merci.",
];

export function cards(count: number, seed = 2): Planted[] {
  const random = seeded(seed);
  const formats = [
    "4###############",
    "4### #### #### ####",
    "51##-####-####-####",
    "5[5]## #### #### ####".replace("[5]", "5"),
    "34## ###### #####",
    "37#############",
    "6011 #### #### ####",
    "30############",
    "3528############",
    "62##############",
    "2221 00## #### ####",
    "4############",
    "5018########",
    "2131###########",
  ];
  return Array.from({ length: count }, (_, at) => {
    const stem = digitsFor(formats[at % formats.length] ?? "", random).slice(0, -1);
    const value = `${stem}${[..."0123456789"].find((digit) => passesLuhn(`${stem}${digit}`.replace(/\D/g, "")))}`;
    return { category: "credit_card", value, text: framed(frames, value, random) };
  });
}

export function ibans(count: number, seed = 3): Planted[] {
  const random = seeded(seed);
  const formats = [
    "DE##################",
    "GBNWBK##############",
    "FR#######################",
    "ES####################",
    "NLABNA##########",
    "ITX######################",
    "NO###########",
    "MTMALT#######################",
    "SA####################",
    "BE############",
  ];
  return Array.from({ length: count }, (_, at) => {
    const format = formats[at % formats.length] ?? "";
    const body = digitsFor(format.slice(2), random);
    const country = format.slice(0, 2);
    const check = `${98 - remainderOf97(`${country}00${body}`)}`.padStart(2, "0");
    const plain = `${country}${check}${body}`;
    const value = random() < 0.5 ? plain : (plain.match(/.{1,4}/g) ?? []).join(" ");
    return { category: "iban", value, text: framed(frames, value, random) };
  });
}

export function addresses(count: number, seed = 4): Planted[] {
  const random = seeded(seed);
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? "";
  const byte = () => `${Math.floor(random() * 256)}`;
  const hex = () => Math.floor(random() * 65_536).toString(16);
  const makers: readonly (() => Omit<Planted, "text">)[] = [
    () => ({
      category: "email",
      value: `${pick(["ann", "j.doe", "müller", "x_y", "o'neil", "first.last+tag", "7up", "иван"])}${Math.floor(random() * 90)}@${pick(["example.com", "mail.example.co.uk", "my-firm.de", "sub.domain.io", "uni.ac.jp", "пример.рф"])}`,
    }),
    () => ({ category: "ip_address", value: [byte(), byte(), byte(), byte()].join(".") }),
    () => ({ category: "ip_address", value: Array.from({ length: 8 }, hex).join(":") }),
    () => ({ category: "ip_address", value: `2001:db8::${hex()}:${hex()}` }),
    () => ({
      category: "ssn",
      value: `${digitsFor("%##", random).replace(/^(?:666|9..)$/, "123")}-${digitsFor("%#", random)}-${digitsFor("%###", random)}`,
    }),
  ];
  return Array.from({ length: count }, (_, at) => {
    const made = (makers[at % makers.length] ?? makers[0])?.() ?? { category: "email" as const, value: "" };
    return { ...made, text: framed(frames, made.value, random) };
  });
}

/** Ordinary sentences with digits in them that are nobody's. */
export function ordinary(count: number, seed = 5): string[] {
  const random = seeded(seed);
  const lines = [
    "Your order %#######, placed on 202#-0%-1#, ships on 1#.0%.202#.",
    "Order number %##-#######-####### was delivered at 1#:%#.",
    "Invoice INV-202#-#####: total $%,###.## due 0%/1#/202#.",
    "The price fell from %.###,## € to %## ###,## € in 201#-202#.",
    "Tracking number 1Z###AA%#########, weight %.## kg, %## x %## x %# cm.",
    "Version %.%#.#.### was released, see issue #%### and pull request #%####.",
    "ISBN 978-%-##-######-#, pages %##-%##, %th edition.",
    "The population grew to %,###,### in 201#, or %#.# percent.",
    "Timestamp 17######## (202#-0%-1#T1#:%#:##Z) in log line %####.",
    "It is at %#.####, -%#.#### and took %## ms, %###### rows, id %########.",
    "Room %##, floor %, seats %#-%#, code %###.",
    "UUID %###ab##-##cd-4###-9###-%##########f, commit %a##b##.",
    "We sold 1# 000 000 units for 2 %## ### euros; margin 1#.%# %.",
    "SKU %####-####, EAN 7############, batch %#####/##.",
    "Meeting 1#:00-1#:30 on 202#/0%/1#, dial-in details follow; ticket %#######.",
    "const id = %#########; // 0x%###ab, limit = %#_###_###",
    "Reference: %### #### ####, case no. %########.",
    "He ran 4%.1## km in 0%:%#:## and finished %#th of %,###.",
    "Chapter %.%.#.# explains it; RFC %### section %.%.% does not.",
    "Card ending in %###, valid until 0%/2#; booking %######.",
    "The odds are 1 in %##,###,### and pi is 3.1415926535897.",
    "Flight LH%## departs 1#:%# on 0%-1#-202#, gate %#, seat %#A.",
    "Bestellung %######## vom 1#.0%.202# über %.###,## EUR.",
    "La commande %#######-## du 1#/0%/202# coûte % ###,## €.",
    "Account balance: -%,###.## USD; quantity %### pcs at %.## each.",
  ];
  return Array.from({ length: count }, (_, at) => digitsFor(lines[at % lines.length] ?? "", random));
}
