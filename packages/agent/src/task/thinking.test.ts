import { expect, it } from "vitest";
import { foldConversation } from "./conversation.ts";
import { callTurn, journalOf } from "./long-journal.fixture.ts";
import { type Message, text } from "./message.ts";
import { messagesFor } from "./thinking.ts";

const thinking = { type: "thinking", thinking: "hm", signature: "s" };
const redacted = { type: "redacted_thinking", data: "xyz" };
const call = { type: "tool_use", id: "c1", name: "look", input: {} };
const result = { type: "tool_result", tool_use_id: "c1", content: "seen" };

it("a model is sent its own thinking and no other's, with every call and its answer", () => {
  const journal = journalOf("do it");
  callTurn(journal, [20], { model: "dear" });
  callTurn(journal, [20], { model: "cheap" });
  callTurn(journal, [20], { model: "dear" });
  const conversation = foldConversation(journal.events);
  const types = (model: string) =>
    messagesFor(model, conversation).map(({ content }) => content.map(({ type }) => type));
  const [own, foreign] = [
    ["thinking", "text", "tool_use"],
    ["text", "tool_use"],
  ];
  const [said, answered] = [["text"], ["tool_result"]];
  expect(types("dear")).toEqual([said, own, answered, foreign, answered, own, answered]);
  expect(types("cheap")).toEqual([said, foreign, answered, own, answered, foreign, answered]);
  expect(types("third")).toEqual([said, foreign, answered, foreign, answered, foreign, answered]);
});

it("what one model said alone is sent to it as it stands", () => {
  const journal = journalOf("do it");
  callTurn(journal, [20], { model: "dear" });
  const conversation = foldConversation(journal.events);
  expect(messagesFor("dear", conversation)).toBe(conversation.messages);
});

it("a message that was thinking alone is not left empty: it goes, and what was said around it becomes one", () => {
  const messages: Message[] = [
    { role: "user", content: [text("do it")] },
    { role: "assistant", content: [redacted, call], model: "dear" },
    { role: "user", content: [result] },
    { role: "assistant", content: [thinking, redacted], model: "dear" },
    { role: "user", content: [text("go on")] },
  ];
  expect(messagesFor("cheap", { messages })).toEqual([
    { role: "user", content: [text("do it")] },
    { role: "assistant", content: [call], model: "dear" },
    { role: "user", content: [result, text("go on")] },
  ]);
});
