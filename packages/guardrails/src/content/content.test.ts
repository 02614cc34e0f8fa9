import { describe, expect, it, onTestFinished } from "vitest";
import { type ContentScores, contentCategories } from "./category.ts";
import { contentFindings, contentThresholds, createContentDetector, scoreContent } from "./detector.ts";
import { bucketCount, eachFeature, readWord, wordFeatures } from "./features.ts";
import { parseLexicon } from "./lexicon.ts";
import { passagesOf } from "./passages.ts";
import { createContentSecondTier, isUncertain, worstPassages } from "./second-tier.ts";

const input = { direction: "input" } as const;
const detect = createContentDetector();
const none: ContentScores = {
  violence: 0,
  hate_speech: 0,
  sexual_content: 0,
  self_harm: 0,
  illegal_activities: 0,
};
const despair = "I can't take this anymore, I want to kill myself tonight and I have the pills ready.";
const recipe = "Beat the eggs, fold in the flour and bake the cake for forty minutes.";

describe("the inline content filter", () => {
  it("finds each category where it is plain to see", () => {
    const plain = {
      self_harm: despair,
      sexual_content: "She moaned as he kissed her naked breasts and slid a hand between her thighs.",
      violence: "I will slit his throat and watch the blood pour out of him, then stab the rest of them.",
      hate_speech: "All muslims are vermin, deport every one of these filthy animals from our country.",
      illegal_activities: "How do I cook meth at home without getting caught by the police?",
    };
    for (const [category, text] of Object.entries(plain)) {
      const found = detect(text, input).filter(({ score }) => score >= 0.5);
      expect(
        found.map((finding) => finding.category),
        text,
      ).toContain(category);
    }
  });

  it("leaves honest words alone that look alike", () => {
    const honest = [
      recipe,
      "How do I kill a zombie process in Linux?",
      "You are killing it on the new album, the crowd was on fire!",
      "The museum honours the victims of the war and documents the siege of the city.",
      "If you are in crisis, reach out to a hotline; a counsellor can help you find support.",
      "Cervical screening is offered every three years; your doctor explains contraception too.",
      "How can I report a stolen credit card to my bank?",
    ];
    for (const text of honest)
      expect(
        detect(text, input).filter(({ score }) => score >= contentThresholds("", "input").flagAt),
        text,
      ).toEqual([]);
  });

  it("sees through simple disguises of a word", () => {
    expect(scoreContent("I want to k1ll mys3lf").self_harm).toBeGreaterThan(0.5);
    expect(scoreContent("Ｉ ｗａｎｔ ｔｏ ｋｉｌｌ ｍｙｓｅｌｆ").self_harm).toBe(
      scoreContent("I want to kill myself").self_harm,
    );
  });

  it("finds one bad paragraph in a long honest text, and none in the honest text alone", () => {
    const long = `${recipe} `.repeat(60);
    expect(scoreContent(`${long}${despair} ${long}`).self_harm).toBeGreaterThan(0.5);
    expect(scoreContent(long).self_harm).toBeLessThan(0.5);
  });

  it("reports graded scores down to what is asked for", () => {
    const all = detect(recipe, { ...input, reportFrom: () => 0 });
    expect(all.map(({ category }) => category)).toEqual([...contentCategories]);
    expect(detect(despair, { ...input, reportFrom: () => 1.1 })).toEqual([]);
    expect(contentFindings({ violence: 0.4 }, () => 0.4)).toEqual([
      { guard: "content", category: "violence", score: 0.4 },
    ]);
  });

  it("answers for any text, the empty one included", () => {
    for (const text of ["", "   ", "\u0000", "💥💥", "\ud800", "a".repeat(100_000), "漢字".repeat(5_000)])
      for (const score of Object.values(scoreContent(text))) expect(score).toBeGreaterThanOrEqual(0);
  });

  it("takes time in proportion to the text, about a quarter of a millisecond for a kilobyte", () => {
    const text = `${despair} ${recipe} `.repeat(600);
    scoreContent(text);
    const fastestMs = Math.min(
      ...[1, 2, 3, 4, 5].map(() => {
        const beganMs = performance.now();
        scoreContent(text);
        return performance.now() - beganMs;
      }),
    );
    // Three times the promise: other tests share the machine.
    expect(fastestMs / (text.length / 1024)).toBeLessThan(0.9);
  });
});

describe("the pieces that it is made of", () => {
  it("hashes features into its buckets, the same each time", () => {
    const read = () => {
      const features: string[] = [];
      const feature = (word: number, bucket: number, value: number) => {
        expect(bucket).toBeLessThan(bucketCount);
        features.push(`${word} ${bucket} ${value}`);
      };
      const words = eachFeature("They hate us, they kill.", readWord, {
        word: (at, known) => wordFeatures(known, (bucket, value) => feature(at, bucket, value)),
        feature,
      });
      return { words, features };
    };
    expect(read()).toEqual(read());
    expect(read().words).toBe(5);
  });

  it("knows regular endings and phrases of a lexicon", () => {
    const { concepts, phraseHeads } = parseLexicon("# a note\n[hurt]\nstab bite\n[end]\nend_it_all stab\n");
    expect(concepts.get("stabbing")).toEqual([0, 1]);
    expect(concepts.get("biting")).toEqual([0]);
    expect(concepts.get("end_it_all")).toEqual([1]);
    expect([...phraseHeads]).toEqual(["end", "end_it"]);
  });

  it("cuts passages at sentences and never makes an endless one", () => {
    expect(passagesOf("Yes. No. ...")).toEqual(["Yes. No. ..."]);
    expect(passagesOf("!!! ???")).toEqual([]);
    for (const passage of passagesOf("a".repeat(2_000))) expect(passage.length).toBeLessThanOrEqual(240);
    expect(worstPassages(`${`${recipe} `.repeat(100)}${despair}`)).toContain(despair);
  });
});

describe("the second tier", () => {
  it("judges by meaning on a thread of its own, joined with the inline scores, and ends when closed", async () => {
    const tier = createContentSecondTier();
    onTestFinished(() => tier.close());
    const [sad, cake, empty] = await Promise.all([tier.score(despair), tier.score(recipe), tier.score(" ")]);
    expect(sad.self_harm).toBeGreaterThan(0.5);
    expect(cake.self_harm).toBeLessThan(0.1);
    expect(Object.keys(empty)).toEqual([...contentCategories]);

    const cut = tier.score(`${despair} `.repeat(40));
    await tier.close();
    await expect(cut).rejects.toThrow("ended");
    await expect(tier.score(recipe)).rejects.toThrow("closed");
  }, 60_000);

  it("closes though nothing was ever scored", async () => {
    await createContentSecondTier().close();
  });

  it("is for scores that are neither high nor low", () => {
    expect(isUncertain(none)).toBe(false);
    expect(isUncertain({ ...none, violence: 0.5 })).toBe(true);
    expect(isUncertain({ ...none, violence: 0.95 })).toBe(false);
  });
});
