/** What the traces are about: names, goods, sentences that do not repeat themselves. */
import type { Row } from "../trace.ts";
import type { Dice } from "./dice.ts";

/** A way to make traces of one kind. Families of one split share no template with those of the other. */
export type Family = {
  kind: string;
  label: "loop" | "honest";
  split: "tuned" | "held_out";
  make(dice: Dice): {
    rows: Row[];
    uselessFrom?: number;
    poll?: Record<string, { intervalMs: number; maxDurationMs: number }>;
  };
};

export const START_MS = Date.UTC(2026, 9, 5, 9, 0, 0);

export const TOPICS = [
  "tidal energy",
  "paper mills",
  "sourdough starters",
  "container ports",
  "bee navigation",
  "radio telescopes",
  "salt marshes",
  "typewriter design",
  "canal locks",
  "alpine passes",
  "glass furnaces",
  "desert farming",
  "night trains",
  "kelp forests",
  "stone bridges",
  "weather balloons",
  "wind organs",
  "harbour pilots",
  "seed vaults",
  "ice roads",
  "clock towers",
  "rope making",
  "cave rivers",
  "signal lamps",
  "peat bogs",
  "dry docks",
] as const;
export const GOODS = [
  "coffee",
  "tea",
  "lamps",
  "chairs",
  "garden tools",
  "bicycles",
  "books",
  "kitchen scales",
] as const;
const NOUNS = (
  "survey harvest valley workshop archive committee village engineer vessel orchard railway ledger festival quarry " +
  "tower school council bridge market garden library furnace winter channel island senate mill surgeon pilot map"
).split(" ");
const VERBS = (
  "describes follows changed measured opened carried replaced financed divided recorded joined delayed rebuilt " +
  "questioned extended mapped supplied outlived inspired tested"
).split(" ");
const QUALITIES = (
  "early careful northern costly forgotten modern steep quiet public wooden disputed narrow seasonal royal private " +
  "ambitious damaged celebrated remote annual"
).split(" ");

const word = (dice: Dice, words: readonly string[]) => words[dice.between(0, words.length - 1)] ?? "";

export function sentence(dice: Dice): string {
  const thing = () => `the ${word(dice, QUALITIES)} ${word(dice, NOUNS)}`;
  return `In ${dice.between(1710, 2020)} ${thing()} ${word(dice, VERBS)} ${thing()} near ${thing()}.`;
}

export function prose(dice: Dice, sentences: number): string {
  return Array.from({ length: sentences }, () => sentence(dice)).join(" ");
}

export function order(dice: Dice, id: number) {
  return {
    order_id: `O-${id}`,
    ordered_on: new Date(START_MS - id * 86_400_000).toISOString().slice(0, 10),
    category: dice.pick(GOODS),
    total_usd: dice.between(500, 20_000) / 100,
    status: dice.pick(["delivered", "returned", "shipped"]),
  };
}

/** A time of day that moves on with the turns. */
export function stamp(turn: number, dice: Dice): string {
  return new Date(START_MS + turn * 7_000 + dice.between(0, 999)).toISOString();
}

/** One row for each turn, numbered from 1, the task with the first. */
export function inTurns(input: string, steps: readonly Omit<Row, "turn" | "input">[]): Row[] {
  return steps.map((step, at) => ({ turn: at + 1, ...(at === 0 ? { input } : {}), ...step }));
}

export function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}
