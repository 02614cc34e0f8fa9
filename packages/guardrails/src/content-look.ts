/**
 * A second look at a text's content by somebody slower: asked where a policy says so, while not too many wait. Whatever
 * goes wrong leaves the verdict as it was.
 */
import type { CompletePolicy } from "./complete-policy.ts";
import { isUncertain, scoreContent } from "./content/index.ts";
import type { Detector } from "./guard-part.ts";
import type { SecondLook } from "./judge.ts";

/** uncertain: where the inline scores leave it open. */
export type ContentLookUse = CompletePolicy["secondTier"];

export type ContentLookDeps = {
  readonly useOf: (policy: CompletePolicy) => ContentLookUse;
  /** Who comes later is judged without it. */
  readonly mostWaiting: number;
  /** What becomes of the detector that judged so far. May reject. */
  readonly ask: (text: string) => Promise<(before: Detector) => Detector>;
};

export function createContentLook({ useOf, mostWaiting, ask }: ContentLookDeps): SecondLook {
  let waiting = 0;
  return async (text, { direction }, parts, policy) => {
    const use = useOf(policy);
    if (use === "off" || !policy.isOn(direction, "content")) return undefined;
    if (use === "uncertain" && !isUncertain(scoreContent(text))) return undefined;
    if (waiting >= mostWaiting) return undefined;
    waiting += 1;
    try {
      const informed = await ask(text);
      return parts.map((part) =>
        part.guard === "content" ? { ...part, detect: informed(part.detect) } : part,
      );
    } catch {
      return undefined;
    } finally {
      waiting -= 1;
    }
  };
}
