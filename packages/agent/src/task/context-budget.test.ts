/** Long conversations, told as journals: what is cleared, when it is summed up, and that it stays fit to be sent. */
import type { Event, NewEvent } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { conversationProblem } from "../../../../apps/simulator/src/conversation-rules.ts";
import { type ContextPlan, estimatedTokens, planContext } from "./context-budget.ts";
import { type Conversation, foldConversation, hear } from "./conversation.ts";
import { callTurn, type Journal, journalOf, sendable, summaryTurn } from "./long-journal.fixture.ts";
import { messagesBytes } from "./message.ts";
import { SUMMARISE } from "./summarise.ts";
import { MODEL } from "./task-run.fixture.ts";

const WINDOW = 20_000;
const MAX_TOKENS = 1_000;
const ROOM = WINDOW - MAX_TOKENS;

function ask(journal: Journal): { plan: ContextPlan; conversation: Conversation } {
  const conversation = foldConversation(journal.events);
  return { plan: planned(journal, conversation), conversation };
}

function planned(journal: Journal, conversation: Conversation): ContextPlan {
  return planContext({
    conversation,
    definition: journal.definition,
    contextWindowTokens: WINDOW,
    inputTokensBound: Number.POSITIVE_INFINITY,
    maxTokens: MAX_TOKENS,
  });
}

const answers = (conversation: Conversation) =>
  conversation.messages.flatMap(({ content }) =>
    content.flatMap((block) => (block.type === "tool_result" ? [String(block.content)] : [])),
  );

/** So many turns of one call, each answered with so many bytes: about a quarter as many tokens. */
const turns = (journal: Journal, count: number, bytes: number) => {
  for (let turn = 0; turn < count; turn += 1) callTurn(journal, [bytes]);
};

describe("a conversation that is short enough", () => {
  it("is left as it is, and not even measured where its bound fits", () => {
    const journal = journalOf("do it");
    turns(journal, 5, 2_000);
    expect(ask(journal).plan).toEqual({ kind: "fits" });
    turns(journal, 60, 2_000);
    const conversation = foldConversation(journal.events);
    const { definition } = journal;
    const question = { conversation, definition, contextWindowTokens: WINDOW, maxTokens: MAX_TOKENS };
    expect(planContext({ ...question, inputTokensBound: 1_000 })).toEqual({ kind: "fits" });
    expect(planContext({ ...question, inputTokensBound: 100_000 }).kind).toBe("change");
  });
});

describe("old answers", () => {
  it("are cleared a quarter of the window at a time, the largest of the oldest first, never the last three", () => {
    const journal = journalOf("do it");
    callTurn(journal, [200, 9_000]);
    turns(journal, 9, 5_500);
    const { plan, conversation } = ask(journal);
    if (plan.kind !== "change" || plan.event.type !== "context.cleared") throw new Error(plan.kind);
    const { calls, tokens_freed } = plan.event.data;
    expect(tokens_freed).toBeGreaterThanOrEqual(WINDOW / 4);
    const before = estimatedTokens({ conversation, definition: journal.definition });
    hear(conversation, plan.event);
    const after = estimatedTokens({ conversation, definition: journal.definition });
    expect(before - after).toBeGreaterThanOrEqual(tokens_freed - 1);
    expect(after).toBeLessThan(0.5 * ROOM);
    const shown = answers(conversation);
    expect(shown[0]).toHaveLength(200);
    expect(shown[1]).toMatch(/^\[Removed to make room: an answer of 9000 characters/);
    expect(shown.slice(-3).map(({ length }) => length)).toEqual([5_500, 5_500, 5_500]);
    expect(calls).toContain("c1_1");
    expect(planned(journal, conversation)).toEqual({ kind: "fits" });
  });

  it("are not cleared where that frees too little to be worth the cache", () => {
    const journal = journalOf(`do it. ${"and this. ".repeat(4_200)}`);
    turns(journal, 7, 2_500);
    const { plan, conversation } = ask(journal);
    const tokens = estimatedTokens({ conversation, definition: journal.definition });
    expect(tokens).toBeGreaterThan(0.7 * ROOM);
    expect(tokens).toBeLessThan(0.85 * ROOM);
    expect(plan).toEqual({ kind: "fits" });
  });

  it("take the thinking after them along, which is bound to what was said before it", () => {
    const journal = journalOf("do it");
    turns(journal, 2, 100);
    turns(journal, 10, 6_000);
    const { plan, conversation } = ask(journal);
    if (plan.kind !== "change") throw new Error(plan.kind);
    hear(conversation, plan.event);
    const thought = conversation.messages.map(({ content }) =>
      content.some(({ type }) => type === "thinking"),
    );
    const firstMark = conversation.messages.findIndex(({ content }) =>
      content.some(({ content: said }) => String(said).startsWith("[Removed")),
    );
    expect(firstMark).toBeGreaterThan(3);
    expect(thought.slice(0, firstMark).filter(Boolean)).toHaveLength(Math.ceil(firstMark / 2));
    expect(thought.slice(firstMark)).not.toContain(true);
    expect(conversationProblem(sendable(conversation.messages))).toBeUndefined();
  });

  it("of calls whose ids repeat are cleared one by one, the oldest first", () => {
    const journal = journalOf("do it");
    callTurn(journal, [600], { id: "same" });
    callTurn(journal, [700], { id: "same" });
    const conversation = foldConversation(journal.events);
    const clear: NewEvent = { type: "context.cleared", data: { calls: ["same_0"], tokens_freed: 1 } };
    hear(conversation, clear);
    expect(answers(conversation).map(({ length }) => length < 300)).toEqual([true, false]);
    hear(conversation, clear);
    expect(answers(conversation).map(({ length }) => length < 300)).toEqual([true, true]);
  });
});

describe("a summary", () => {
  /** What the model itself wrote is nearly all there is. */
  function talkative(): Journal {
    const journal = journalOf("the task in its own words");
    for (let turn = 0; turn < 26; turn += 1)
      callTurn(journal, [20], { text: "so I thought about it. ".repeat(100) });
    return journal;
  }

  it("is asked for where clearing is not enough: no call unanswered, the instruction last", () => {
    const { plan, conversation } = ask(talkative());
    if (plan.kind !== "summarise") throw new Error(plan.kind);
    expect(plan.messages.at(-1)?.content.at(-1)).toEqual({ type: "text", text: SUMMARISE });
    expect(plan.messages.slice(0, -1)).toEqual(conversation.messages.slice(0, -1));
    expect(conversationProblem(sendable(plan.messages))).toBeUndefined();
    expect(plan.addedBytes).toBeGreaterThan(SUMMARISE.length);
    expect(plan.maxTokens).toBeLessThanOrEqual(MAX_TOKENS);
  });

  it("stands in for the turns; the task stays word for word, and the last turns where they are short", () => {
    const journal = talkative();
    summaryTurn(journal, "All was thought about. Next: decide.");
    const { plan, conversation } = ask(journal);
    if (plan.kind !== "change" || plan.event.type !== "context.summarised") throw new Error(plan.kind);
    const last = conversation.messages.at(-1);
    hear(conversation, plan.event);
    expect(conversation.messages).toHaveLength(7);
    const [opening] = conversation.messages;
    expect(opening?.content[0]).toEqual({ type: "text", text: "the task in its own words" });
    expect(String(opening?.content[1]?.text)).toContain("All was thought about. Next: decide.");
    expect(conversation.messages.at(-1)).toEqual(last);
    expect(conversationProblem(sendable(conversation.messages))).toBeUndefined();
    expect(conversation.bytes).toBe(messagesBytes(conversation.messages));
    expect(planned(journal, conversation)).toEqual({ kind: "fits" });
  });

  it("is not bought twice: a worker that finds it written puts it in place", () => {
    const journal = talkative();
    summaryTurn(journal, "what was done");
    const [first, second] = [ask(journal).plan, ask(journal).plan];
    expect(first).toMatchObject({ kind: "change", event: { data: { text: "what was done" } } });
    expect(second).toEqual(first);
  });

  it("replaces the one before it", () => {
    const journal = talkative();
    for (const written of ["the first summary", "the second summary"]) {
      summaryTurn(journal, written);
      const { plan } = ask(journal);
      if (plan.kind !== "change") throw new Error(plan.kind);
      journal.append(plan.event);
      for (let turn = 0; turn < 26; turn += 1)
        callTurn(journal, [20], { text: "and again I thought. ".repeat(100) });
    }
    const [opening] = foldConversation(journal.events).messages;
    expect(opening?.content).toHaveLength(2);
    expect(String(opening?.content[1]?.text)).toContain("the second summary");
  });

  it("that says nothing is said to be missing, and the task goes on", () => {
    const journal = talkative();
    summaryTurn(journal, "  ");
    const { plan } = ask(journal);
    expect(plan).toMatchObject({ event: { data: { text: expect.stringContaining("No summary") } } });
  });

  it("is not asked for where the task's own words are what is too long", () => {
    const journal = journalOf("so much to say. ".repeat(5_000));
    turns(journal, 2, 200);
    const { plan, conversation } = ask(journal);
    expect(estimatedTokens({ conversation, definition: journal.definition })).toBeGreaterThan(0.85 * ROOM);
    expect(plan).toEqual({ kind: "fits" });
  });

  it("leaves answers out of its request where one turn alone outgrew the window", () => {
    const journal = journalOf("do it");
    turns(journal, 2, 500);
    callTurn(journal, [30_000, 30_000, 30_000, 30_000]);
    const { plan, conversation } = ask(journal);
    if (plan.kind !== "summarise") throw new Error(plan.kind);
    expect(messagesBytes(plan.messages)).toBeLessThan(0.9 * messagesBytes(conversation.messages));
    expect(conversationProblem(sendable(plan.messages))).toBeUndefined();
    const perByte = estimatedTokens({ conversation, definition: journal.definition }) / conversation.bytes;
    expect(messagesBytes(plan.messages) * perByte).toBeLessThan(WINDOW);
  });
});

describe("the counts after a change", () => {
  it("are never low: what is known stays, and what was put in is added", () => {
    const journal = journalOf("do it");
    turns(journal, 12, 6_000);
    const { plan, conversation } = ask(journal);
    if (plan.kind !== "change") throw new Error(plan.kind);
    const [known, since] = [conversation.knownTokens, conversation.bytesSinceReply];
    hear(conversation, plan.event);
    expect(conversation.knownTokens).toEqual(known);
    expect(conversation.bytesSinceReply).toBeGreaterThan(since);
    expect(conversation.bytes).toBe(messagesBytes(conversation.messages));
  });

  it("of a turn that was asked with less than the conversation do not measure it, nor is its thinking kept", () => {
    const journal = journalOf("do it");
    turns(journal, 2, 500);
    callTurn(journal, [100], { requested: { cut: true, last_because: "budget_reached" } });
    const conversation = foldConversation(journal.events);
    expect(conversation.knownTokens).toBeNull();
    expect(conversation.bytesSinceReply).toBe(conversation.bytes);
    const reply = conversation.messages.findLast(({ role }) => role === "assistant");
    expect(reply?.content.map(({ type }) => type)).toEqual(["text", "tool_use"]);
  });
});

/** Numbers that look random and are the same every time. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

it.each([1, 2, 3, 4, 5])("a task of 300 turns never outgrows its window, by chance %i", (seed) => {
  const random = seeded(seed);
  const journal = journalOf("the task");
  const live = foldConversation(journal.events);
  const tell = (from: number) => {
    for (const event of journal.events.slice(from)) hear(live, event);
  };
  let changes = 0;
  for (let turn = 0; turn < 300; turn += 1) {
    for (;;) {
      const plan = planned(journal, live);
      if (plan.kind === "fits") break;
      const from = journal.events.length;
      changes += 1;
      if (plan.kind === "change") journal.append(plan.event);
      else summaryTurn(journal, `done so far: ${"a fact. ".repeat(random(200))}`);
      tell(from);
    }
    const tokens = estimatedTokens({ conversation: live, definition: journal.definition });
    expect(tokens).toBeLessThan(0.86 * ROOM);
    expect(conversationProblem(sendable(live.messages))).toBeUndefined();
    expect(live.messages[0]?.content[0]).toEqual({ type: "text", text: "the task" });
    const from = journal.events.length;
    const sizes = Array.from({ length: 1 + random(3) }, () => 20 + random(3_000));
    callTurn(journal, sizes, { text: "thinking aloud. ".repeat(random(60)), model: MODEL });
    tell(from);
  }
  expect(changes).toBeGreaterThan(5);
  expect(changes).toBeLessThan(100);
  expect(foldConversation(journal.events as Event[])).toEqual(live);
});
