/**
 * The chase, or curiosity loop: each call is made of what the same tool's newest answer named, for ever. Along such a
 * chain every answer adds to its staleness: little while it is all new (then 24 links are too many), much where
 * nothing is (then 9 are).
 */
import type { Novelty } from "./novelty.ts";
import type { Path } from "./provenance.ts";

const STALE_LINK = 1.25;
const NEW_LINK = 0.435;
/** A text whose every third phrase is new is as new as texts get: language repeats itself. */
const ALL_NEW = 0.7;

/** The path to a call's answer, its own link added to the one that led to it. */
export function lengthened(path: Path, tool: string, { fresh, substance }: Novelty): Path {
  const link = path.get(tool);
  const novelty = Math.min(1, (0.3 * fresh + 0.7 * substance) / ALL_NEW);
  const weight = STALE_LINK - (STALE_LINK - NEW_LINK) * novelty;
  const next =
    link === undefined
      ? { hops: 1, staleness: 0 }
      : { hops: link.hops + 1, staleness: link.staleness + weight };
  return new Map(path).set(tool, next);
}
