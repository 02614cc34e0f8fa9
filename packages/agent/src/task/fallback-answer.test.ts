import type { AgentDefinition } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { submission } from "../../../../test/support/submission.ts";
import { fallbackAnswerOf } from "./fallback-answer.ts";

const definition: AgentDefinition = {
  ...submission().definition,
  fallback_answer: "Please try again later.",
  fallback_answers: [
    {
      examples: ["Where is my order?", "When will my parcel arrive?", "Track my delivery"],
      answer: "Parcels can be tracked at example.com/track.",
    },
    {
      examples: ["How do I return an item?", "I want my money back"],
      answer: "Returns are free within 30 days.",
    },
  ],
};

describe("the static answer", () => {
  it.each([
    ["hi, where is my order 7731 please?", "Parcels can be tracked at example.com/track."],
    ["when does my parcel arrive", "Parcels can be tracked at example.com/track."],
    ["How can I return the item that I bought?", "Returns are free within 30 days."],
    ["i want the money back!!", "Returns are free within 30 days."],
    ["What is your opinion on jazz?", "Please try again later."],
    ["Is the shop open on Sunday?", "Please try again later."],
    ["", "Please try again later."],
  ])("to %j is chosen by what was asked", (asked, answer) => {
    expect(fallbackAnswerOf(definition, asked)).toBe(answer);
  });

  it("is not chosen by a word in a long text that asks for something else", () => {
    const long = `${"Summarise the attached minutes of the meeting with regard to next year's plan. ".repeat(20)} Where is my order?`;
    expect(fallbackAnswerOf(definition, long)).toBe("Please try again later.");
  });

  it("is none where the author gave none", () => {
    const { fallback_answer: _, fallback_answers: __, ...bare } = definition;
    expect(fallbackAnswerOf(bare, "Where is my order?")).toBeUndefined();
  });
});
