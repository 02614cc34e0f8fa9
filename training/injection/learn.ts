/**
 * Learns the weights: logistic regression over hashed features, on the very score that is used afterwards: the highest
 * window of a text. For an honest text the highest window of each size is pushed down, for an attack the highest window
 * that touches it is pushed up, so a long honest document costs no more false alarms than a short one.
 */
import {
  eachFeature,
  hashWord,
  SLOTS,
  type SpelledWord,
  WORD_SLOTS,
} from "../../packages/guardrails/src/injection/features.ts";
import type { Lexicon } from "../../packages/guardrails/src/injection/lexicon.ts";
import {
  LAYOUTS,
  LETTER_SHARE,
  type Reading,
  WINDOW_DAMPING_TOKENS,
} from "../../packages/guardrails/src/injection/model.ts";
import { type ReadWord, readWord, tokenize } from "../../packages/guardrails/src/injection/tokens.ts";
import { cutWindows, type Window } from "../../packages/guardrails/src/injection/windows.ts";
import type { Dice } from "./dice.ts";
import type { Row } from "./rows.ts";

const MOST_TOKENS = 1500;

/** A row as the learner sees it: per token the slots of its features, letters apart. */
export interface Example {
  row: Row;
  label: number;
  weight: number;
  letters: Int32Array[];
  slots: Int32Array;
  slotsUntil: Int32Array;
  windows: Window[];
}

export interface Weights {
  reading: Reading;
  slots: Float32Array;
  scales: Float32Array;
}

export const toExamples = (rows: Row[], lexicon: Lexicon, reading: Reading): Example[] => {
  const { wordSlots, windowTokens } = LAYOUTS[reading];
  // Examples share what is known of a word: there are millions of tokens.
  const known = new Map<string, ReadWord & SpelledWord>();
  const read = (raw: string) => {
    const met = known.get(raw);
    if (met !== undefined) return met;
    const word = readWord(raw, lexicon);
    const fresh = { ...word, ...hashWord(word.word) };
    known.set(raw, fresh);
    return fresh;
  };
  return rows.map((row) => {
    const tokens = tokenize(row.text, lexicon, read).slice(0, MOST_TOKENS);
    const letters: Int32Array[] = [];
    const slots: number[] = [];
    const slotsUntil = new Int32Array(tokens.length + 1);
    eachFeature(tokens, {
      word: (_, found) => letters.push(found.letters),
      slot: (at, slot) => {
        slots.push(slot < WORD_SLOTS ? slot & (wordSlots - 1) : slot);
        slotsUntil[at + 1] = slots.length;
      },
    });
    const { start, end } = row;
    const all = cutWindows(tokens.length, windowTokens);
    const touching =
      start === undefined || end === undefined
        ? all
        : all.filter(({ from, until }) => {
            const first = tokens[from]?.start ?? 0;
            const last = tokens[until - 1]?.end ?? 0;
            const inside = Math.min(last, end) - Math.max(first, start);
            return inside >= 0.5 * Math.min(end - start, last - first);
          });
    return {
      row,
      label: row.label,
      weight: 1,
      letters,
      slots: Int32Array.from(slots),
      slotsUntil,
      windows: touching.length > 0 ? touching : all,
    };
  });
};

/** `fewestRows`: what fewer rows than these have seen would be learnt by heart, and is left out. */
const COMMON = { epochs: 6, rate: 0.25, decay: 0.004, negativeWeight: 1 };
export const LEARNING = {
  prompt: { ...COMMON, dropped: 0.6, fewestRows: 1 },
  document: { ...COMMON, dropped: 0.75, fewestRows: 3 },
};

export type Learning = (typeof LEARNING)[Reading];

export const learn = (examples: Example[], dice: Dice, reading: Reading, settings: Learning): Weights => {
  const weights: Weights = {
    reading,
    slots: new Float32Array(SLOTS),
    scales: new Float32Array(LAYOUTS[reading].windowTokens.length).fill(-1),
  };
  const squares = new Float32Array(SLOTS);
  const known = slotsOfRows(examples, settings.fewestRows);
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    const rate = settings.rate * (1 - epoch / (settings.epochs + 1));
    for (const example of dice.shuffle(examples)) {
      const sums = runningSums(example, weights);
      for (const { window, score } of toLearnFrom(example, sums, weights, epoch)) {
        const gradient =
          (1 / (1 + Math.exp(-score)) - example.label) *
          example.weight *
          (example.label === 0 ? settings.negativeWeight : 1);
        if (Math.abs(gradient) < 1e-4) continue;
        push(
          example,
          window,
          gradient,
          weights,
          squares,
          known,
          rate,
          settings.decay,
          settings.dropped > 0 ? () => dice.chance(settings.dropped) : undefined,
        );
      }
    }
  }
  return weights;
};

/** 1 for each slot that so many rows have. */
const slotsOfRows = (examples: Example[], fewestRows: number): Uint8Array => {
  const counts = new Uint8Array(SLOTS);
  const lastRow = new Int32Array(SLOTS).fill(-1);
  for (const [row, { letters, slots }] of examples.entries())
    for (const group of [slots, ...new Set(letters)])
      for (const slot of group) {
        if (lastRow[slot] === row) continue;
        lastRow[slot] = row;
        counts[slot] = Math.min(fewestRows, (counts[slot] ?? 0) + 1);
      }
  return counts.map((count) => (count >= fewestRows ? 1 : 0));
};

const runningSums = (example: Example, { slots: weights }: Weights): Float64Array => {
  const sums = new Float64Array(example.letters.length + 1);
  for (let at = 0; at < example.letters.length; at++) {
    let sum = 0;
    for (const slot of example.letters[at] ?? []) sum += weights[slot] ?? 0;
    sum *= LETTER_SHARE;
    for (let next = example.slotsUntil[at] ?? 0; next < (example.slotsUntil[at + 1] ?? 0); next++)
      sum += weights[example.slots[next] ?? 0] ?? 0;
    sums[at + 1] = (sums[at] ?? 0) + sum;
  }
  return sums;
};

const scoreOf = ({ from, until, scale }: Window, sums: Float64Array, weights: Weights): number =>
  (weights.scales[scale] ?? 0) +
  ((sums[until] ?? 0) - (sums[from] ?? 0)) / Math.sqrt(until - from + WINDOW_DAMPING_TOKENS);

/** The whole story in the first epoch, then the window that decides, and for honest texts the highest of each size. */
const toLearnFrom = (example: Example, sums: Float64Array, weights: Weights, epoch: number) => {
  const best: ({ window: Window; score: number } | undefined)[] = [];
  for (const window of example.windows) {
    const score = scoreOf(window, sums, weights);
    const held = best[window.scale];
    if (held === undefined || score > held.score) best[window.scale] = { window, score };
  }
  const perScale = best.filter((entry) => entry !== undefined);
  if (example.label === 0 || epoch === 0) return perScale;
  return perScale.sort((a, b) => b.score - a.score).slice(0, 1);
};

const push = (
  example: Example,
  window: Window,
  gradient: number,
  weights: Weights,
  squares: Float32Array,
  known: Uint8Array,
  rate: number,
  decay: number,
  drops?: () => boolean,
): void => {
  const share = gradient / Math.sqrt(window.until - window.from + WINDOW_DAMPING_TOKENS);
  weights.scales[window.scale] = (weights.scales[window.scale] ?? 0) - rate * 0.1 * gradient;
  const step = (slot: number, slope: number) => {
    if (known[slot] === 0) return;
    const weight = weights.slots[slot] ?? 0;
    const full = slope + decay * weight;
    const square = (squares[slot] ?? 0) + full * full;
    squares[slot] = square;
    weights.slots[slot] = weight - (rate * full) / Math.sqrt(square + 1e-6);
  };
  for (let at = window.from; at < window.until; at++) {
    if (drops?.()) continue;
    for (const slot of example.letters[at] ?? []) step(slot, share * LETTER_SHARE);
    for (let next = example.slotsUntil[at] ?? 0; next < (example.slotsUntil[at + 1] ?? 0); next++)
      step(example.slots[next] ?? 0, share);
  }
};

/** The score of a row: its highest window, all windows allowed. */
export const highest = (example: Example, weights: Weights): number => {
  const sums = runningSums(example, weights);
  let answer = Number.NEGATIVE_INFINITY;
  for (const window of cutWindows(example.letters.length, LAYOUTS[weights.reading].windowTokens))
    answer = Math.max(answer, scoreOf(window, sums, weights));
  return answer;
};
