/** From a count to a verdict: no rung is skipped, and none is climbed twice in one turn. */
import type { Ladder } from "./loop-policy.ts";

export type Verdict = "ok" | "warn" | "block" | "stop";

const RUNGS = ["warn", "block", "stop"] as const;

export type Climber = {
  /** What the count amounts to. A count below the first rung climbs down. */
  climb(rule: string, count: number, ladder: Ladder | null, turn: number): Verdict;
  climbDown(): void;
};

export function createClimber(): Climber {
  const stands = new Map<string, { verdict: Verdict; turn: number }>();
  return {
    climb(rule, count, ladder, turn) {
      const due =
        ladder === null ? [] : RUNGS.filter((rung) => count >= (ladder[rung] ?? Number.POSITIVE_INFINITY));
      if (ladder === null || due.length === 0) {
        stands.delete(rule);
        return "ok";
      }
      const stand = stands.get(rule) ?? { verdict: "ok", turn: Number.NaN };
      if (stand.turn === turn) return stand.verdict;
      const rungs = RUNGS.filter((rung) => ladder[rung] !== undefined);
      const next = rungs[rungs.findIndex((rung) => rung === stand.verdict) + 1] ?? "stop";
      const verdict = due.includes(next) ? next : (due.at(-1) ?? "ok");
      stands.set(rule, { verdict, turn });
      return verdict;
    },
    climbDown: () => stands.clear(),
  };
}

export function isHigher(one: Verdict, other: Verdict): boolean {
  const order = ["ok", ...RUNGS];
  return order.indexOf(one) > order.indexOf(other);
}
