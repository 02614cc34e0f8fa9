/** Counts the turns in which the assistant said what it had said, and did nothing or only what it had done. */

import type { Finding } from "./finding.ts";
import type { Ladder } from "./loop-policy.ts";
import { createSaidBefore } from "./repeated-text.ts";

export type TextWatch = {
  /** `moved`: in this turn something was done that is no repetition. */
  hear(text: string, turn: number, moved: boolean): Finding;
  endTurn(moved: boolean): void;
  startAnew(): void;
};

export function createTextWatch(ladder: Ladder | null): TextWatch {
  const said = createSaidBefore();
  let [count, sinceTurn] = [0, 0];
  let [spoke, again, movedBefore] = [false, false, false];
  return {
    hear(text, turn, moved) {
      const repeated = said.hear(text);
      again = spoke ? again && repeated : repeated;
      spoke = true;
      if (count === 0) sinceTurn = turn;
      return {
        rule: "repeated_text",
        count: again && !moved && !movedBefore ? count + 1 : 0,
        ladder,
        sinceTurn,
      };
    },
    endTurn(moved) {
      if (moved) count = 0;
      else if (spoke) count = again && !movedBefore ? count + 1 : 0;
      movedBefore = moved;
      spoke = false;
    },
    startAnew() {
      count = 0;
      said.forget();
    },
  };
}
