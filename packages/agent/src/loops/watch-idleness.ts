/** Counts the turns of which nothing new came. Of several calls in a turn the best counts. */

import type { Finding } from "./finding.ts";
import type { Ladder } from "./loop-policy.ts";
import type { News } from "./news.ts";

export type IdlenessWatch = {
  add(news: News, tool: string): void;
  finding(turn: number): Finding;
  /** Whether the turn that ends here brought something new. */
  endTurn(turn: number): boolean;
  startAnew(): void;
};

export function createIdlenessWatch(ladder: Ladder | null): IdlenessWatch {
  let [idle, sinceTurn] = [0, 1];
  let news: News | undefined;
  let tool = "";
  return {
    add(one, ofTool) {
      tool = ofTool;
      if (news === undefined || one === "new") news = one;
      else if (news !== "new") news = Math.min(news, one);
    },
    finding() {
      const says = typeof news === "number" && news > 0;
      const count = idle + (typeof news === "number" ? news : 0);
      return {
        rule: "no_new_information",
        count: news === "new" ? 0 : count,
        ladder: says || news === "new" ? ladder : null,
        tool,
        sinceTurn,
      };
    },
    endTurn(turn) {
      const isNew = news === "new";
      if (isNew) [idle, sinceTurn] = [0, turn + 1];
      else idle += typeof news === "number" ? news : 0;
      news = undefined;
      return isNew;
    },
    startAnew() {
      idle = 0;
    },
  };
}
