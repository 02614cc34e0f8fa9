/** From a count to a verdict: no rung is skipped, and none is climbed twice in one turn. */
import type { Ladder } from "./loop-policy.ts";

export type Verdict = "ok" | "warn" | "block" | "stop";

const RUNGS = ["warn", "block", "stop"] as const;

export type Climber = {
  /**
   * What the count amounts to. A turn that ends below the first rung climbs down; that it begins there says nothing,
   * for its calls come one by one. A ladder that is null says nothing either way.
   */
  climb(rule: string, count: number, ladder: Ladder | null, turn: number): Verdict;
  climbDown(): void;
};

type Stand = { verdict: Verdict; turn: number; belowInTurn: number | undefined };

export function createClimber(): Climber {
  const stands = new Map<string, Stand>();
  return {
    climb(rule, count, ladder, turn) {
      if (ladder === null) return "ok";
      let stand = stands.get(rule);
      if (stand?.belowInTurn !== undefined && stand.belowInTurn !== turn) stand = undefined;
      const due = RUNGS.filter((rung) => count >= (ladder[rung] ?? Number.POSITIVE_INFINITY));
      if (due.length === 0) {
        if (stand === undefined) stands.delete(rule);
        else if (stand.turn !== turn) stands.set(rule, { ...stand, belowInTurn: turn });
        return "ok";
      }
      if (stand?.turn === turn) return stand.verdict;
      const rungs: Verdict[] = RUNGS.filter((rung) => ladder[rung] !== undefined);
      const next = rungs[rungs.indexOf(stand?.verdict ?? "ok") + 1];
      const verdict = due.find((rung) => rung === next) ?? due.at(-1) ?? "ok";
      stands.set(rule, { verdict, turn, belowInTurn: undefined });
      return verdict;
    },
    climbDown: () => stands.clear(),
  };
}

export function isHigher(one: Verdict, other: Verdict): boolean {
  const order = ["ok", ...RUNGS];
  return order.indexOf(one) > order.indexOf(other);
}
