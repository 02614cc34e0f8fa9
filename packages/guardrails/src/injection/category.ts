/**
 * What kind of attack a stretch of text that the model took for one is, by the ideas it holds. Only a name for whoever
 * reads the finding: the verdict is the model's.
 */
import type { Direction } from "@pawl/protocol";
import { IDEAS, type Idea } from "./lexicon.ts";
import type { Token } from "./tokens.ts";

export const injectionCategories = ["direct", "jailbreak", "extraction", "indirect", "obfuscated"] as const;
export type InjectionCategory = (typeof injectionCategories)[number];

export const nameCategory = (
  tokens: Token[],
  direction: Direction,
  wasHidden: boolean,
): InjectionCategory => {
  if (wasHidden || tokens.filter((token) => token.disguised).length >= 3) return "obfuscated";
  if (direction === "tool") return "indirect";
  const counts = new Map<Idea, number>();
  for (const { idea } of tokens) {
    const name = IDEAS[idea - 1];
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const has = (...ideas: Idea[]) => ideas.reduce((sum, idea) => sum + (counts.get(idea) ?? 0), 0);
  if (
    has("free", "persona") > 0 ||
    (has("act", "character") > 0 && has("limits", "refuse", "bad") > 0) ||
    has("limits", "refuse", "bad", "points") > 2
  )
    return "jailbreak";
  if (has("hidden", "secret") > 0 && has("show", "say") > 0) return "extraction";
  if (has("drop", "boss", "mode") === 0 && has("orders", "text", "above") > 0 && has("show", "say") > 0)
    return "extraction";
  return "direct";
};
