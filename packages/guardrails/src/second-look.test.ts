/** The second tier's place in the frame, with the real weights and the real thread. */

import type { GuardPolicy } from "@pawl/protocol";
import { afterAll, describe, expect, it } from "vitest";
import { completePolicy } from "./complete-policy.ts";
import { contentThresholds, createContentDetector, isUncertain, scoreContent } from "./content/index.ts";
import { createGuard } from "./create-guard.ts";
import { createGuardOf, type Verdict } from "./judge.ts";
import { closeContentSecondTier, createSecondLook, type SecondLookDeps } from "./second-look.ts";

const input = { direction: "input" } as const;
const plain = "Beat the eggs, fold in the flour and bake the cake for forty minutes.";
/** Inline between absent and certain. */
const doubtful = "He pushed the man against the wall and shouted at him.";
const second = (second_tier: "off" | "uncertain" | "always"): GuardPolicy => ({ content: { second_tier } });

const contentScores = ({ findings }: Verdict) =>
  findings.filter(({ guard }) => guard === "content").map(({ category, score }) => [category, score]);

afterAll(closeContentSecondTier);

it("is tried with a text that the inline tier is unsure of, and one that it is not", () => {
  expect([plain, doubtful].map((text) => isUncertain(scoreContent(text)))).toEqual([false, true]);
});

describe("a full check", () => {
  it("is the plain check where the policy says nothing of a second tier", async () => {
    const guard = createGuard();
    expect(await guard.checkFully(doubtful, input)).toEqual(guard.check(doubtful, input));
  });

  it("hears the sentence embeddings of every text where the policy says always", async () => {
    const guard = createGuard(second("uncertain"), second("always"));
    for (const text of [doubtful, "She told me that she wanted to be dead."]) {
      const [inline, full] = [guard.check(text, input), await guard.checkFully(text, input)];
      expect(contentScores(full)).not.toEqual(contentScores(inline));
      expect(full.text).toBe(text);
    }
  }, 60_000);

  it("hears them of doubtful texts alone where the policy says uncertain", async () => {
    const guard = createGuard(second("uncertain"));
    expect(contentScores(await guard.checkFully(plain, input))).toEqual(
      contentScores(guard.check(plain, input)),
    );
    expect(contentScores(await guard.checkFully(doubtful, input))).not.toEqual(
      contentScores(guard.check(doubtful, input)),
    );
  }, 60_000);

  it("gives the inline verdict when the thread is closed under it, and starts another for the next text", async () => {
    const guard = createGuard(second("always"));
    const cut = guard.checkFully(`${doubtful} `.repeat(40), input);
    await closeContentSecondTier();
    expect(await cut).toEqual(guard.check(`${doubtful} `.repeat(40), input));
    expect(contentScores(await guard.checkFully(doubtful, input))).not.toEqual(
      contentScores(guard.check(doubtful, input)),
    );
  }, 60_000);
});

/** A guard of content alone whose second tier behaves as told. */
function guardWith(score: ReturnType<SecondLookDeps["tier"]>["score"], policy: GuardPolicy) {
  const part = { guard: "content", detect: createContentDetector(), thresholds: contentThresholds } as const;
  const look = createSecondLook({ tier: () => ({ score }), patienceMs: 20 });
  return createGuardOf([part], completePolicy(policy), look);
}

describe("the inline verdict stands", () => {
  it("when the tier fails or never answers", async () => {
    for (const score of [
      () => Promise.reject(new Error("no encoder")),
      () => new Promise<never>(() => undefined),
    ]) {
      const guard = guardWith(score, second("always"));
      expect(await guard.checkFully(doubtful, input)).toEqual(guard.check(doubtful, input));
    }
  });

  it("for whoever comes when too many wait, and the tier is not asked", async () => {
    let asked = 0;
    const guard = guardWith(() => {
      asked += 1;
      return new Promise<never>(() => undefined);
    }, second("always"));
    await Promise.all(Array.from({ length: 100 }, () => guard.checkFully(doubtful, input)));
    expect(asked).toBe(16);
  });

  it("where content is not looked at in that direction", async () => {
    const guard = guardWith(() => Promise.reject(new Error("asked")), second("always"));
    expect((await guard.checkFully(doubtful, { direction: "tool" })).findings).toEqual([]);
  });
});
