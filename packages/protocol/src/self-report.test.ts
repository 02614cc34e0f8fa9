import { describe, expect, it } from "vitest";
import { splitSelfReport } from "./self-report.ts";

describe("splitSelfReport", () => {
  it("takes the block from the answer's end", () => {
    const block = '<self_report>{"confidence":0.7,"unsupported_claims":["It rains."]}</self_report>';
    expect(splitSelfReport(`All is well.\n\n${block}`)).toEqual({
      text: "All is well.",
      report: { confidence: 0.7, unsupported_claims: ["It rains."] },
    });
  });

  it.each([
    ["is missing", "All is well.", "All is well."],
    ["was cut off", 'All is well. <self_report>{"confidence":0.', "All is well."],
    ["is no JSON", "All is well. <self_report>very</self_report>", "All is well."],
    [
      "is out of range",
      'All is well. <self_report>{"confidence":7,"unsupported_claims":[]}</self_report>',
      "All is well.",
    ],
    ["has more in it than asked for", 'A. <self_report>{"confidence":1,"x":1}</self_report>', "A."],
  ])("says nothing of its own where the block %s", (_, answer, text) => {
    expect(splitSelfReport(answer)).toEqual({ text, report: null });
  });
});
