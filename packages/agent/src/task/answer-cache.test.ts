/** What is one question and what is another, to the cache of answers. */
import { type EventData, foldTask, GuardPolicy } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { submission } from "../../../../test/support/submission.ts";
import { questionOf } from "./answer-cache.ts";

/** As the api pins it: the operator's agent, and in it the words that guard a tenant's tasks through one day. */
function pinnedOn(day: string, over: Partial<EventData<"task.submitted">> = {}): EventData<"task.submitted"> {
  const { definition, ...plain } = submission();
  return {
    ...plain,
    user: "ann",
    definition: {
      ...definition,
      system: `You are a test. The marks are ${day}, the canary is ${day}.`,
      tools: [{ name: "look", description: "Looks.", input_schema: { type: "object" }, effect: "read" }],
      guards: { policies: [], canary: day, nonce: day, taint: "flagged", repairs: 1 },
      answer_cache: { ttl_ms: 60_000, per: "user" },
    },
    ...over,
  };
}

function question(data: EventData<"task.submitted">): string | undefined {
  return questionOf({ state: foldTask([{ seq: 1, at: 0, attempt: 0, type: "task.submitted", data }]) });
}

describe("the question that an answer is kept under", () => {
  it("is the same on the next day, when guarded tasks are pinned with other secret words", () => {
    expect(question(pinnedOn("monday"))).toBeDefined();
    expect(question(pinnedOn("tuesday"))).toBe(question(pinnedOn("monday")));
  });

  it("is another one for another version of the agent, and under other guards", () => {
    const { definition } = pinnedOn("monday");
    const guards = definition.guards ?? expect.unreachable();
    const strict = { ...guards, policies: [GuardPolicy.parse({ output: { pii: "block" } })] };
    const { guards: _, ...unguarded } = definition;
    const others = [
      pinnedOn("monday", { agent_version: "v2" }),
      pinnedOn("monday", { definition: { ...definition, guards: strict } }),
      pinnedOn("monday", { definition: unguarded }),
    ].map(question);
    expect(new Set([question(pinnedOn("monday")), ...others]).size).toBe(4);
  });

  it("is another one where the task narrows the agent's tools, or asks another model", () => {
    const { definition } = pinnedOn("monday");
    const narrowed = pinnedOn("monday", { definition: { ...definition, tools: [] } });
    const elsewhere = pinnedOn("monday", { model: "claude-haiku-5-5" });
    expect(new Set([pinnedOn("monday"), narrowed, elsewhere].map(question)).size).toBe(3);
  });
});
