/** The one turn that is left: whatever it can pay for, it is sent something the API takes. */
import { describe, expect, it } from "vitest";
import { conversationProblem } from "../../../../apps/simulator/src/conversation-rules.ts";
import { foldConversation } from "./conversation.ts";
import { fitLastTurn } from "./fit-last-turn.ts";
import { callTurn, journalOf, sendable } from "./long-journal.fixture.ts";
import { type Message, messagesBytes } from "./message.ts";

const BESIDES = 1_000;

function conversation(): Message[] {
  const journal = journalOf("the task in its own words");
  for (const sizes of [[300], [9_000, 500], [4_000], [20, 30], [6_000], [2_500, 2_500]])
    callTurn(journal, sizes, { text: "a thought of some length. ".repeat(8) });
  return foldConversation(journal.events).messages;
}

const fit = (messages: readonly Message[], maxInputTokensBound: number) =>
  fitLastTurn(messages, { maxInputTokensBound, besidesTokensBound: BESIDES });

const answers = (messages: readonly Message[]) =>
  messages.flatMap(({ content }) =>
    content.flatMap((block) => (block.type === "tool_result" ? [String(block.content)] : [])),
  );

describe("a conversation that the money pays for", () => {
  it("is sent as it is", () => {
    const messages = conversation();
    const enough = messagesBytes(messages) + BESIDES;
    expect(fit(messages, enough)).toEqual({ messages, inputTokensBound: enough, cut: false });
  });
});

describe("one that it does not pay for", () => {
  it("loses the oldest and largest answers first, the newest last, and is said to be cut", () => {
    const messages = conversation();
    const fitted = fit(messages, messagesBytes(messages) + BESIDES - 8_000);
    expect(fitted?.cut).toBe(true);
    const lengths = answers(fitted?.messages ?? []).map(({ length }) => length);
    expect(lengths[1]).toBeLessThan(200);
    expect(lengths.filter((length) => length >= 2_500)).toEqual([4_000, 6_000, 2_500, 2_500]);
  });

  it("loses its oldest turns when no answer is left to lose", () => {
    const fitted = fit(conversation(), 4_000);
    const shown = fitted?.messages ?? [];
    expect(shown.length).toBeLessThan(conversation().length);
    expect(shown[0]?.content).toHaveLength(2);
    expect(shown.at(-1)?.role).toBe("user");
  });

  it.each(Array.from({ length: 120 }, (_, n) => 1_000 + n * 300))(
    "is valid, within its bound and the same each time at %i tokens",
    (most) => {
      const messages = conversation();
      const before = structuredClone(messages);
      const fitted = fit(messages, most);
      expect(messages).toEqual(before);
      expect(fit(messages, most)).toEqual(fitted);
      if (fitted === undefined) return expect(most).toBeLessThan(BESIDES + 250);
      expect(fitted.inputTokensBound).toBeLessThanOrEqual(most);
      expect(fitted.inputTokensBound).toBe(BESIDES + messagesBytes(fitted.messages));
      expect(conversationProblem(sendable(fitted.messages))).toBeUndefined();
      expect(fitted.messages[0]?.content[0]).toEqual({ type: "text", text: "the task in its own words" });
      if (fitted.cut) expect(JSON.stringify(fitted.messages)).not.toContain('"thinking"');
    },
  );

  it("shows more the more it may cost", () => {
    const bytes = Array.from(
      { length: 60 },
      (_, n) => fit(conversation(), 1_500 + n * 500)?.inputTokensBound ?? 0,
    );
    const used = bytes.map((bound, n) => bound / (1_500 + n * 500));
    expect(bytes.slice(1).filter((bound, n) => bound < (bytes[n] ?? 0) - 4_000)).toEqual([]);
    expect(used.filter((share) => share > 0.5).length).toBeGreaterThan(40);
  });

  it("is not sent where not even the task's own words can be paid", () => {
    expect(fit(conversation(), BESIDES + 10)).toBeUndefined();
  });
});
