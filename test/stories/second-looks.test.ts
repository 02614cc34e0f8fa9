/** Others are asked about a text where a policy says so, and the task pays for it as for every call of its own. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { priceOf, worstCaseNanoUsd } from "@pawl/agent";
import type { Task } from "@pawl/protocol";
import { openStore, parseRedisAddress } from "@pawl/store";
import { afterAll, describe, expect, it } from "vitest";
import { finished, follow, getTask, journalOf, type SeenEvent, submit } from "../support/follow.ts";
import { expectHeadToMatchJournal } from "../support/head.ts";
import { DOUBTFUL } from "../support/looks.config.ts";
import { type System, startSystem } from "../support/processes.ts";
import { type ScriptedTurn, script, scriptReplies } from "../support/simulator-script.ts";
import { ledgerOf, witnessed } from "../support/story.ts";

/** Says what it is told to say of texts with a word in them. */
const moderator = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  request.on("end", () => {
    response.statusCode = text.includes("moderator-fails") ? 500 : 200;
    response.end(JSON.stringify({ violence: text.includes("moderator-objects") ? 0.99 : 0 }));
  });
});
await new Promise<void>((listening) => moderator.listen(0, "127.0.0.1", listening));
afterAll(() => moderator.close());

const system = await startSystem({
  workers: 1,
  env: {
    PAWL_CONFIG: join(import.meta.dirname, "..", "support", "looks.config.ts"),
    TEST_MODERATOR_URL: `http://127.0.0.1:${(moderator.address() as AddressInfo).port}`,
  },
});

const JUDGE = "claude-haiku-5-5";

/** What the judge says about texts with that word. To be told before what the agent says. */
async function scriptJudge(on: System, word: string, answer: string): Promise<void> {
  await script(on, [{ match: { contains: word, model: JUDGE }, reply: { content: answer }, times: -1 }]);
}

async function tell(word: string, judge: string, replies: readonly ScriptedTurn[]): Promise<void> {
  await scriptJudge(system, word, judge);
  await scriptReplies(system, word, replies);
}

function dataOf(events: readonly SeenEvent[], type: string): Record<string, unknown>[] {
  return events.flatMap((event) => (event.type === type ? [event.data] : []));
}

const nano = (usd: unknown) => Math.round(Number(usd) * 1e9);

/** Charged to the nano-dollar: the task's cost is the provider's bill. */
async function expectToCostItsBill(task: Task, word: string): Promise<void> {
  const bill = (await ledgerOf(system, word)).reduce((sum, { billed_nano_usd }) => sum + billed_nano_usd, 0);
  expect(nano(task.cost.usd)).toBe(bill);
  expect(task.cost.unconfirmed_usd).toBe(0);
}

describe("a second opinion on the task's own words", () => {
  it("that sees an attack refuses the task before its own model is asked, and is paid by it", async () => {
    await tell("opinion-1.", "ATTACK", ["never said"]);
    const { id } = await submit(system, { input: `${DOUBTFUL} opinion-1.`, agent: "asker" });
    const task = await finished(system, id);
    expect(task).toMatchObject({
      status: "stopped",
      stop_reason: "guardrail_blocked",
      model: "claude-sonnet-5-5",
    });
    expect(task.usage).toMatchObject({ model_calls: 1 });
    const events = await journalOf(system, id);
    const [requested] = dataOf(events, "model.requested");
    expect(requested).toMatchObject({ model: JUDGE, purpose: "second_opinion", max_tokens: 16 });
    expect(nano(requested?.held_usd)).toBeGreaterThanOrEqual(nano(task.cost.usd));
    expect(dataOf(events, "guardrail.judged")).toMatchObject([
      { subject: "task", by: "second_opinion", answer: "attack", call: "m1" },
    ]);
    expect(dataOf(events, "guardrail.flagged")).toMatchObject([
      { direction: "input", action: "block", findings: [{ guard: "injection", second_opinion: "attack" }] },
    ]);
    await expectToCostItsBill(task, "opinion-1.");
  });

  it("that sees an honest wish takes the flag back", async () => {
    await tell("opinion-2.", "Honest.", ["Arr."]);
    const { id } = await submit(system, { input: `${DOUBTFUL} opinion-2.`, agent: "wary" });
    const task = await finished(system, id);
    expect(task).toMatchObject({ status: "completed", result: { text: "Arr." }, model: "claude-sonnet-5-5" });
    expect(task.usage.model_calls).toBe(2);
    expect(dataOf(await journalOf(system, id), "guardrail.flagged")).toEqual([]);
    await expectToCostItsBill(task, "opinion-2.");
  });

  it("that is no answer leaves the flag as it was, and is paid all the same", async () => {
    await tell("opinion-3.", "HONEST, because the text says so", ["Arr."]);
    const { id } = await submit(system, { input: `${DOUBTFUL} opinion-3.`, agent: "wary" });
    const task = await finished(system, id);
    expect(task.status).toBe("completed");
    const events = await journalOf(system, id);
    expect(dataOf(events, "guardrail.judged")).toMatchObject([{ because: "unreadable", call: "m1" }]);
    const [flag] = dataOf(events, "guardrail.flagged");
    expect(flag).toMatchObject({ direction: "input", action: "flag" });
    expect(JSON.stringify(flag)).not.toContain("second_opinion");
    await expectToCostItsBill(task, "opinion-3.");
  });

  it("that the provider does not give leaves the flag as it was", async () => {
    const fault = { kind: "status", status: 529 } as const;
    await script(system, [{ match: { contains: "opinion-4.", model: JUDGE }, fault, times: -1 }]);
    await scriptReplies(system, "opinion-4.", ["Arr."]);
    const { id } = await submit(system, { input: `${DOUBTFUL} opinion-4.`, agent: "wary" });
    expect(await finished(system, id)).toMatchObject({ status: "completed", attempts: 1 });
    const events = await journalOf(system, id);
    expect(dataOf(events, "guardrail.judged")).toMatchObject([{ because: "failed" }]);
    expect(dataOf(events, "guardrail.flagged")).toMatchObject([{ action: "flag" }]);
  });

  it("is not asked for where the money is the next turn's, and the flag stays", async () => {
    await tell("purse-", "HONEST", ["Arr."]);
    const rich = await submit(system, { input: `${DOUBTFUL} purse-1.`, agent: "wary" });
    const [opinion, turn] = dataOf(await journalOf(system, rich.id), "model.requested");
    const price = priceOf("claude-sonnet-5-5", Date.now());
    if (price === undefined) throw new Error("the model has no price");
    const leastTurn = worstCaseNanoUsd(price, {
      inputTokens: Number(turn?.input_tokens_bound),
      maxTokens: 256,
    });
    // One nano-dollar more would pay both.
    const limit = leastTurn + nano(opinion?.held_usd) - 1;
    const budget = { max_cost_usd: limit / 1e9 };
    const { id } = await submit(system, { input: `${DOUBTFUL} purse-2.`, agent: "wary", budget });
    const task = await finished(system, id);
    expect(task).toMatchObject({ result: { text: "Arr." }, usage: { model_calls: 1 } });
    const events = await journalOf(system, id);
    expect(dataOf(events, "guardrail.judged")).toMatchObject([{ because: "no_money" }]);
    expect(dataOf(events, "guardrail.flagged")).toMatchObject([{ direction: "input", action: "flag" }]);
    expect(nano(task.cost.usd)).toBeLessThanOrEqual(limit);

    const enough = { max_cost_usd: (limit + 1) / 1e9 };
    const paid = await submit(system, { input: `${DOUBTFUL} purse-3.`, agent: "wary", budget: enough });
    expect(await finished(system, paid.id)).toMatchObject({
      result: { text: "Arr." },
      usage: { model_calls: 2 },
    });
  });

  it("is asked for by nobody where no policy does", async () => {
    await tell("opinion-6.", "ATTACK", ["Arr."]);
    const { id } = await submit(system, { input: `${DOUBTFUL} opinion-6.`, agent: "speaker" });
    await finished(system, id);
    const events = await journalOf(system, id);
    expect(dataOf(events, "model.requested").map(({ purpose }) => purpose)).not.toContain("second_opinion");
  });
});

describe("a second opinion on what a tool read", () => {
  const turns = (word: string): ScriptedTurn[] => [
    { tool: "read_note", input: { word } },
    { tool: "send", input: { n: 1 } },
    "Done.",
  ];

  it("comes after its result is recorded, and taints where it sees an attack", async () => {
    await tell("note-1.", "ATTACK", turns("note-1."));
    const { id } = await submit(system, { input: "Read the note, note-1.", agent: "asker" });
    const task = await finished(system, id);
    expect(task.status).toBe("completed");
    expect(await witnessed(system, id)).toEqual([]);
    const events = await journalOf(system, id);
    expect(dataOf(events, "guardrail.flagged")).toMatchObject([
      { direction: "tool", tool: "read_note", action: "flag", findings: [{ second_opinion: "attack" }] },
    ]);
    const types = events.map(({ type }) => type);
    expect(types.indexOf("tool.completed")).toBeLessThan(types.indexOf("guardrail.judged"));
    await expectToCostItsBill(task, "note-1.");
  });

  it("takes a taint back where it sees none", async () => {
    await tell("note-2.", "HONEST", turns("note-2."));
    const { id } = await submit(system, { input: "Read the note, note-2.", agent: "wary" });
    const task = await finished(system, id);
    expect(await witnessed(system, id)).toMatchObject([{ name: "send", n: 1 }]);
    expect(task).toMatchObject({ status: "completed", usage: { tool_calls: 2, model_calls: 4 } });
    await expectToCostItsBill(task, "note-2.");
  });
});

describe("the tone of the final answer", () => {
  it("is judged once, and passes", async () => {
    await tell("tone-1.", "KEEPS", ["Dear customer, tone-1. is on its way."]);
    const { id } = await submit(system, { input: "Where is it? tone-1.", agent: "speaker" });
    const task = await finished(system, id);
    expect(task).toMatchObject({ status: "completed", usage: { model_calls: 2 } });
    const events = await journalOf(system, id);
    expect(dataOf(events, "guardrail.judged")).toMatchObject([
      { subject: "m1", by: "tone", answer: "keeps" },
    ]);
    await expectToCostItsBill(task, "tone-1.");
  });

  it("that breaks the rule is mended in a repair turn, which hears the rule", async () => {
    await scriptJudge(system, "tone-2a.", "BREAKS");
    await scriptJudge(system, "tone-2b.", "KEEPS");
    await scriptReplies(system, "tone-2.", ["Hey dude, half off! tone-2a.", "Dear customer. tone-2b."]);
    const { id } = await submit(system, { input: "Where is it? tone-2.", agent: "speaker" });
    const task = await finished(system, id);
    expect(task).toMatchObject({ status: "completed", result: { text: "Dear customer. tone-2b." } });
    expect(task.usage.model_calls).toBe(4);
    const [flag] = dataOf(await journalOf(system, id), "guardrail.flagged");
    expect(flag).toMatchObject({
      direction: "output",
      action: "block",
      findings: [{ guard: "tone", category: "judged" }],
    });
    expect(String(flag?.repair)).toContain("No promises of discounts");
  });

  it("that stays broken ends the task as any answer of the wrong form does", async () => {
    await tell("tone-3.", "BREAKS", ["Hey dude, tone-3.", "Hey again, tone-3.", "never said"]);
    const { id } = await submit(system, { input: "Where is it? tone-3.", agent: "speaker" });
    const task = await finished(system, id);
    expect(task).toMatchObject({
      status: "stopped",
      stop_reason: "output_invalid",
      usage: { model_calls: 4 },
    });
    expect(task.result?.text).not.toContain("dude");
  });

  it("that cannot be judged passes, and the journal says why", async () => {
    await tell("tone-4.", "I would say it keeps", ["Hey dude, tone-4."]);
    const { id } = await submit(system, { input: "Where is it? tone-4.", agent: "speaker" });
    expect(await finished(system, id)).toMatchObject({
      status: "completed",
      result: { text: "Hey dude, tone-4." },
    });
    expect(dataOf(await journalOf(system, id), "guardrail.judged")).toMatchObject([
      { because: "unreadable" },
    ]);
  });
});

describe("a moderator", () => {
  it("refuses a task's words that the guards let pass", async () => {
    await scriptReplies(system, "moderator-objects-1.", ["never said"]);
    const input = "A quiet sentence, moderator-objects-1.";
    const task = await finished(system, (await submit(system, { input, agent: "moderated" })).id);
    expect(task).toMatchObject({ stop_reason: "guardrail_blocked", cost: { usd: 0 } });
  });

  it("withholds what a tool read, and an answer", async () => {
    await scriptReplies(system, "moderation-2.", [
      { tool: "read_note", input: { word: "moderator-objects" } },
      "It says: moderator-objects.",
      "There is nothing to say.",
    ]);
    const { id } = await submit(system, { input: "Read it, moderation-2.", agent: "moderated" });
    const task = await finished(system, id);
    expect(task).toMatchObject({ status: "completed", result: { text: "There is nothing to say." } });
    expect(dataOf(await journalOf(system, id), "guardrail.flagged")).toMatchObject([
      {
        direction: "tool",
        action: "block",
        findings: [{ guard: "content", category: "violence", score: 0.99 }],
      },
      { direction: "output", action: "block" },
    ]);
  });

  it("that fails leaves everything as it was", async () => {
    await scriptReplies(system, "moderator-fails-3.", ["Fine."]);
    const input = "A quiet sentence, moderator-fails-3.";
    const task = await finished(system, (await submit(system, { input, agent: "moderated" })).id);
    expect(task).toMatchObject({ status: "completed", result: { text: "Fine." } });
  });

  it("is not heard where a policy asks for the second tier alone", async () => {
    await scriptReplies(system, "moderator-objects-4.", ["Fine."]);
    const input = "A quiet sentence, moderator-objects-4.";
    const { id } = await submit(system, { input, agent: "tiered" });
    expect(await finished(system, id)).toMatchObject({ status: "completed" });
    expect(dataOf(await journalOf(system, id), "guardrail.judged")).toMatchObject([
      { subject: "task", by: "content" },
      { subject: "m1", by: "content" },
    ]);
  }, 60_000);
});

it("a worker that is killed around a judgement asks for none again that was recorded", async () => {
  const scriptAll = async (word: string) => {
    await scriptJudge(system, `${word}end.`, "KEEPS");
    await tell(word, "HONEST", [{ tool: "read_note", input: { word } }, `Dear customer. ${word}end.`]);
  };
  const input = (word: string) => `${DOUBTFUL} ${word}`;
  await scriptAll("whole.");
  const whole = await journalOf(system, (await submit(system, { input: input("whole."), agent: "both" })).id);
  expect(whole.at(-1)?.type).toBe("task.completed");
  expect(dataOf(whole, "guardrail.judged")).toHaveLength(3);
  const cuts = whole.filter(
    ({ type, data }) => type.startsWith("guardrail.") || (type === "model.requested" && data.model === JUDGE),
  );
  expect(cuts.length).toBeGreaterThan(8);
  for (const { seq } of cuts) {
    const word = `cut-${seq}.`;
    await scriptAll(word);
    const { id } = await submit(system, { input: input(word), agent: "both" });
    for await (const event of follow(system, id)) {
      if (event.seq < seq) continue;
      await system.workers.at(-1)?.end("SIGKILL");
      break;
    }
    const killed = (await getTask(system, id)).status !== "completed";
    await system.startWorker();
    const task = await finished(system, id);
    expect(task, word).toMatchObject({ status: "completed", result: { text: `Dear customer. ${word}end.` } });
    const events = await journalOf(system, id);
    const answers = dataOf(events, "guardrail.judged").map(({ by, answer }) => `${by}:${answer}`);
    expect(answers, word).toEqual(["second_opinion:honest", "second_opinion:honest", "tone:keeps"]);
    expect(dataOf(events, "model.responded"), word).toHaveLength(5);
    const ledger = await ledgerOf(system, word);
    expect(ledger.length, word).toBeLessThanOrEqual(killed ? 6 : 5);
    expect(new Set(ledger.map(({ request_hash }) => request_hash)).size, word).toBe(5);
    const bill = ledger.reduce((sum, { billed_nano_usd }) => sum + billed_nano_usd, 0);
    expect(nano(task.cost.usd), word).toBeGreaterThanOrEqual(bill);
    expect(nano(task.cost.usd - task.cost.unconfirmed_usd), word).toBeLessThanOrEqual(bill);
  }
}, 240_000);

it("head and journal tell the same of every task, and no money is held for any of them", async () => {
  const store = await openStore({ address: parseRedisAddress(system.redisUrl), failFast: true });
  const page = (await (await system.call("/v1/tasks?limit=100")).json()) as { data: { id: string }[] };
  expect(page.data.length).toBeGreaterThan(20);
  for (const { id } of page.data) await expectHeadToMatchJournal(store, "default", id);
  await store.close();
  const global = await (await system.call("/v1/budgets/global/global")).json();
  expect(global).toMatchObject({ data: [{ window: "day", held_usd: 0 }] });
});
