/**
 * Personal data and secrets in a text, with exact offsets. Names and postal addresses are not found: that takes a model
 * of names, which this room does not have.
 */
import type { Detector } from "../guard-part.ts";
import { findCards } from "./card.ts";
import { countDigits } from "./digits.ts";
import { findEmails } from "./email.ts";
import { type Found, settleOverlaps } from "./found.ts";
import { findIbans } from "./iban.ts";
import { findIpAddresses } from "./ip.ts";
import { defaultPhoneRegions, findPhones } from "./phone.ts";
import { findSecrets } from "./secrets.ts";
import { findUsNumbers } from "./us-numbers.ts";

export type PiiOptions = {
  /** Countries (ISO 3166 alpha-2) whose national notations are read as telephone numbers. */
  readonly phoneRegions?: readonly string[];
};

export function createPiiDetector(options: PiiOptions = {}): Detector {
  return (text) => findPii(text, options).map((found) => ({ guard: "pii", ...found }));
}

/** Spans that do not overlap, in the order of the text. */
export function findPii(
  text: string,
  { phoneRegions = defaultPhoneRegions }: PiiOptions = {},
): readonly Found[] {
  return settleOverlaps([...findSecrets(text), ...findEmails(text), ...findNumbers(text, phoneRegions)]);
}

/** Most texts have too few digits for most kinds of numbers, and counting them is quicker than looking for any. */
function findNumbers(text: string, phoneRegions: readonly string[]): Found[] {
  const digits = countDigits(text, fewestDigits.card);
  if (digits < fewestDigits.any) return [];
  return [
    ...findIpAddresses(text),
    ...findIbans(text),
    ...(digits < fewestDigits.card ? [] : findCards(text)),
    ...findUsNumbers(text, digits),
    ...(digits < fewestDigits.phone ? [] : findPhones(text, phoneRegions)),
  ];
}

/** `any`: of a short address (`::1`) or a driver's licence. */
const fewestDigits = { any: 1, phone: 7, card: 12 } as const;
