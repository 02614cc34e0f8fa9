/**
 * The chase, or curiosity loop: each call is made of what the same tool had named, and its answer names the next, for
 * ever. Two measures, of which the higher counts. Along a *path* each answer leads to the next, by way of other tools
 * too. In a *spread* the answers name several things each, which are followed one after the other: there each answer
 * that is followed for the first time is a link. A batch has one such answer, its listing.
 *
 * A link weighs little while its answer is all new (then 20 links are too many), much where nothing is (then 9 are).
 */
import type { Novelty } from "./novelty.ts";
import type { Origin, Path } from "./provenance.ts";

export type Chain = { readonly links: number; readonly staleness: number };

export type Chases = {
  /** The path to a call's answer, its own link added to those that led to it. */
  follow(tool: string, origin: Origin, novelty: Novelty): Path;
  /** undefined: the call is made of no answer. */
  stalenessOf(tool: string, origin: Origin, path: Path): Chain | undefined;
  startAnew(): void;
};

const STALE_LINK = 1.25;
const NEW_LINK = 0.52;
/** A text whose every third phrase is new is as new as texts get: language repeats itself. */
const ALL_NEW = 0.7;
const NO_CHAIN: Chain = { links: 0, staleness: 0 };

export function createChases(): Chases {
  const spreads = new Map<string, Chain>();
  /** What the paths held when a person let the task go on. */
  let forgiven = new Map<string, number>();
  const highest = new Map<string, number>();
  return {
    follow(tool, { from, path, ofNewAnswer }, novelty) {
      if (from === "page" || from === "repeated") return path;
      const weight = weightOf(novelty);
      if (from === "task") spreads.delete(tool);
      else if (ofNewAnswer) spreads.set(tool, linked(spreads.get(tool) ?? NO_CHAIN, weight));
      const link = path.get(tool);
      const next = link === undefined ? { links: 1, staleness: 0 } : linked(link, weight);
      highest.set(tool, Math.max(highest.get(tool) ?? 0, next.staleness));
      return new Map(path).set(tool, next);
    },
    stalenessOf(tool, { from }, path) {
      if (from !== "itself" && from !== "elsewhere") return undefined;
      const onPath = path.get(tool) ?? NO_CHAIN;
      const since = { ...onPath, staleness: Math.max(0, onPath.staleness - (forgiven.get(tool) ?? 0)) };
      const spread = from === "itself" ? (spreads.get(tool) ?? NO_CHAIN) : NO_CHAIN;
      return spread.staleness > since.staleness ? spread : since;
    },
    startAnew() {
      spreads.clear();
      forgiven = new Map(highest);
    },
  };
}

function linked({ links, staleness }: Chain, weight: number): Chain {
  return { links: links + 1, staleness: staleness + weight };
}

function weightOf({ fresh, substance }: Novelty): number {
  const novelty = Math.min(1, (0.3 * fresh + 0.7 * substance) / ALL_NEW);
  return STALE_LINK - (STALE_LINK - NEW_LINK) * novelty;
}
