/**
 * Personal data: synthetic people, made by the generator that the unit tests use with another seed, and ordinary text
 * full of digits. Found is what is found to the letter.
 */
import { findPii } from "@pawl/guardrails";
import { checkPII } from "llmverify";
import {
  addresses,
  cards,
  ibans,
  ordinary,
  type Planted,
  phones,
} from "../../packages/guardrails/src/pii/synthetic.fixture.ts";
import type { Rater, Sample, Section } from "./section.ts";

/** What is promised of each kind. */
const PROMISED: Readonly<Record<string, number>> = {
  email: 0.99,
  ssn: 0.99,
  ip_address: 0.99,
  iban: 0.99,
  credit_card: 1,
  phone: 0.85,
};
const PROMISED_FALSE_ALARMS = 0.01;

export function piiSection(): Section {
  const planted: readonly Planted[] = [
    ...addresses(2_000, 104),
    ...cards(1_400, 102),
    ...ibans(500, 103),
    ...phones(10, 101),
  ];
  const honest = ordinary(2_500, 105);
  const samples: Sample[] = [
    ...planted.map(({ text, category }) => ({ text, bad: true, source: category })),
    ...honest.map((text) => ({ text, bad: false, source: "orders, dates, prices, code" })),
  ];
  const raters: Rater[] = [
    { name: "Pawl", alarmFrom: 0.5, rate: (text) => Math.max(0, ...findPii(text).map(({ score }) => score)) },
    { name: "llmverify", alarmFrom: 0.5, rate: (text) => (checkPII(text).length > 0 ? 1 : 0) },
  ];
  return {
    title: "Personal data",
    comparisons: [{ title: "PII", samples, raters }],
    faults: faultsIn(planted, honest),
  };
}

function faultsIn(planted: readonly Planted[], honest: readonly string[]): string[] {
  const short = Object.entries(PROMISED).flatMap(([category, promised]) => {
    const ofKind = planted.filter((one) => one.category === category);
    const recall = ofKind.filter(isFoundExactly).length / ofKind.length;
    return recall < promised
      ? [`${category}: ${recall.toFixed(3)} found to the letter, ${promised} promised`]
      : [];
  });
  const falseAlarms = honest.filter((text) => findPii(text).length > 0).length / honest.length;
  return falseAlarms > PROMISED_FALSE_ALARMS ? [...short, `PII in ordinary text: ${falseAlarms}`] : short;
}

function isFoundExactly({ text, category, value }: Planted): boolean {
  return findPii(text).some(
    (found) => found.category === category && text.slice(found.start, found.end) === value,
  );
}
