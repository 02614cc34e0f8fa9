/** Finds turns that repeat earlier ones, call for call and result for result, and names the rule by what came of them. */

import type { Finding } from "./finding.ts";
import type { Ladder, LoopPolicy } from "./loop-policy.ts";
import type { Outcome } from "./outcome.ts";
import { createRepeats } from "./repeats.ts";

export type RepeatWatch = {
  add(call: {
    readonly call: number;
    readonly step: number;
    readonly tool: string;
    readonly outcome: Outcome;
  }): void;
  findings(turn: number): Finding[];
  endTurn(): void;
  startAnew(): void;
};

export function createRepeatWatch(policy: LoopPolicy): RepeatWatch {
  const periods = policy.cycle?.periods ?? [];
  const calls = createRepeats(1);
  const steps = createRepeats(Math.max(1, ...periods));
  let kinds: Outcome["kind"][] = [];
  let tool = "";

  function ladderOf(run: number): Pick<Finding, "rule" | "count" | "ladder"> {
    const own = policy.tools[tool];
    if (kinds.includes("waiting") && policy.waiting !== null)
      return { rule: "waiting", count: run, ladder: policy.waiting };
    const failed = kinds.includes("error") || kinds.includes("transport");
    if (failed)
      return {
        rule: "same_error",
        count: run,
        ladder: own?.sameError === undefined ? policy.sameError : own.sameError,
      };
    return {
      rule: "same_result",
      count: run,
      ladder: own?.sameResult === undefined ? policy.sameResult : own.sameResult,
    };
  }

  function cycle(): Pick<Finding, "count" | "ladder" | "period"> {
    // Two things that are waited for in turns: each may be asked as often as one alone.
    const waits = kinds.includes("waiting") && policy.waiting !== null;
    const ladder = waits ? doubled(policy.waiting) : policy.cycle;
    const period = periods.find((one) => steps.runOf(one) > 0);
    return period === undefined ? { count: 0, ladder } : { count: steps.runOf(period), ladder, period };
  }

  return {
    add(one) {
      calls.add(one.call);
      steps.add(one.step);
      kinds.push(one.outcome.kind);
      tool = one.tool;
    },
    findings(turn) {
      const run = steps.runOf(1);
      const found = [
        { rule: "same_call", count: calls.runOf(1), ladder: policy.sameCall } as const,
        ladderOf(run),
        // What repeats the turn before repeats every period.
        ...(run > 0 ? [] : [{ rule: "cycle", ...cycle() } as const]),
      ];
      return found.map((one) => ({ ...one, tool, sinceTurn: turn - one.count + 1 }));
    },
    endTurn() {
      calls.endTurn();
      steps.endTurn();
      kinds = [];
    },
    startAnew() {
      calls.forget();
      steps.forget();
    },
  };
}

function doubled(ladder: Ladder | null): Ladder | null {
  if (ladder === null) return null;
  const { warn, block, stop } = ladder;
  return {
    ...(warn === undefined ? {} : { warn: 2 * warn }),
    ...(block === undefined ? {} : { block: 2 * block }),
    stop: 2 * stop,
  };
}
