/** Running short of money in good order: a shorter answer, a cheaper model, one last turn, and never empty-handed. */
import { type Event, type EventData, foldTask } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../define-tool.ts";
import { EMPTY_HANDED } from "./plan-turn.ts";
import {
  callsReply,
  countingTools,
  MODEL,
  perform,
  reply,
  scriptedModel,
  submittedEvent,
  types,
} from "./task-run.fixture.ts";

const CHEAPER = "claude-haiku-5-5";

function submission(
  tools: Parameters<typeof submittedEvent>[0],
  {
    limits = {},
    definition = {},
  }: { limits?: object; definition?: Partial<EventData<"task.submitted">["definition"]> },
): Event {
  const event = submittedEvent(tools);
  if (event.type !== "task.submitted") throw new Error("unreachable");
  event.data.limits = { ...event.data.limits, ...limits };
  event.data.definition = { ...event.data.definition, ...definition };
  return event;
}

/** Costs 10,000,000 nano-dollars a turn with the model of the fixture. */
const dearTurn = { input_tokens: 4000, output_tokens: 200 };
const asking = (turn: number) => ({
  ...callsReply([`c${turn}`, "look", { x: turn }]),
  billed: dearTurn,
  usage: { ...dearTurn, cache_read_tokens: 0, cache_write_tokens: 0 },
});

describe("the cheaper model", () => {
  it("is used from the soft share of the task's own budget on, and the user is told", async () => {
    const { tools } = countingTools();
    const submitted = submission(tools, {
      limits: { max_cost_nano_usd: 200_000_000 },
      definition: { fallback: CHEAPER, soft_share: 0.1 },
    });
    const model = scriptedModel((_, turn) => (turn < 4 ? asking(turn) : reply()));
    const { journal } = await perform([submitted], { model, tools });
    expect(model.asked.map((request) => request.model)).toEqual([MODEL, MODEL, CHEAPER, CHEAPER, CHEAPER]);
    const state = foldTask(journal);
    expect(state).toMatchObject({ status: "completed", model: CHEAPER });
    expect(state.degraded).toMatchObject({ reason: "cheaper_model" });
    expect(types(journal).filter((type) => type === "model.downgraded")).toHaveLength(1);
  });

  it("is tried before the last turn, where the budget pays no normal one", async () => {
    const { tools } = countingTools();
    const submitted = submission(tools, {
      limits: { max_cost_nano_usd: 30_000_000 },
      definition: { fallback: CHEAPER, soft_share: 1 },
    });
    const model = scriptedModel((_, turn) => (turn < 3 ? asking(turn) : reply()));
    const { journal } = await perform([submitted], { model, tools });
    expect(model.asked.at(-1)).toMatchObject({ model: CHEAPER, mayUseTools: true });
    expect(foldTask(journal).status).toBe("completed");
  });

  it("is not looked for where the agent names none", async () => {
    const { tools } = countingTools();
    const submitted = submission(tools, { limits: { max_cost_nano_usd: 40_000_000 } });
    const model = scriptedModel((request, turn) => (request.mayUseTools ? asking(turn) : reply()));
    const { journal } = await perform([submitted], { model, tools });
    expect(new Set(model.asked.map((request) => request.model))).toEqual(new Set([MODEL]));
    expect(foldTask(journal)).toMatchObject({ stopReason: "budget_reached", text: "done" });
  });
});

it("remembers that it was a shared account which made the last turn the last", async () => {
  const { tools } = countingTools();
  const submitted = submission(tools, {});
  const free = 8_000_000;
  const model = scriptedModel((request, turn) => (request.mayUseTools ? asking(turn) : reply()));
  const { journal } = await perform([submitted], { model, tools }, (nanoUsd) =>
    nanoUsd > free ? { kind: "spent", freeNanoUsd: free } : undefined,
  );
  expect(foldTask(journal)).toMatchObject({
    stopReason: "budget_reached",
    reached: { limit: "budget_reached", scope: "account" },
  });
});

it("says so where an answer was cut because money allowed no longer one", async () => {
  const { tools } = countingTools();
  const submitted = submission(tools, { limits: { max_cost_nano_usd: 45_000_000 } });
  const model = scriptedModel((_, turn) =>
    turn === 0 ? reply({ content: [{ type: "text", text: "cut" }], stopReason: "max_tokens" }) : reply(),
  );
  const { journal } = await perform([submitted], { model, tools });
  expect(foldTask(journal).degraded).toMatchObject({ reason: "shorter_answer" });
});

describe("a task that a limit ends before the agent has said anything", () => {
  const empty = async (definition: object) => {
    const { tools } = countingTools();
    const submitted = submission(tools, { limits: { max_cost_nano_usd: 1000 }, definition });
    const { journal } = await perform([submitted], { model: scriptedModel(() => reply()), tools });
    return foldTask(journal);
  };

  it("answers with the agent's static fallback", async () => {
    const state = await empty({ fallback_answer: "Our team will write to you." });
    expect(state).toMatchObject({ stopReason: "budget_reached", text: "Our team will write to you." });
  });

  it("answers with plain words where the agent has none", async () => {
    expect(await empty({})).toMatchObject({ stopReason: "budget_reached", text: EMPTY_HANDED });
  });

  it.each([
    ["thinks only", [{ type: "thinking" as const, thinking: "Hm.", signature: "s" }]],
    ["says a blank", [{ type: "text" as const, text: " \n" }]],
    ["says nothing at all", []],
  ])("answers with it, too, where the last turn %s", async (_, content) => {
    const { tools } = countingTools();
    const submitted = submission(tools, {
      limits: { max_cost_nano_usd: 40_000_000 },
      definition: { fallback_answer: "Our team will write to you." },
    });
    const model = scriptedModel((request, turn) => (request.mayUseTools ? asking(turn) : reply({ content })));
    const { journal } = await perform([submitted], { model, tools });
    expect(foldTask(journal)).toMatchObject({
      stopReason: "budget_reached",
      text: "Our team will write to you.",
    });
  });
});

describe("a usage report that cannot be true", () => {
  const reporting = (billed: { input_tokens: number; output_tokens: number }) =>
    scriptedModel(() => reply({ billed }));

  it.each([
    ["no number", { input_tokens: Number.NaN, output_tokens: 1 }],
    ["less than nothing", { input_tokens: -5, output_tokens: 1 }],
    ["more than the call could cost", { input_tokens: 900_000_000, output_tokens: 1 }],
  ])("charges the hold and says so: %s", async (_, billed) => {
    const { tools } = countingTools();
    const { journal, holds } = await perform([submission(tools, {})], { model: reporting(billed), tools });
    expect(foldTask(journal)).toMatchObject({
      status: "completed",
      modelCostNanoUsd: holds[0],
      unconfirmedNanoUsd: holds[0],
    });
  });

  it.each([-5, 0, 900_000_000])(
    "tells nothing of the conversation's size, and counts as the most that the call can have used: %d tokens",
    async (input_tokens) => {
      const { tools } = countingTools();
      const submitted = submission(tools, {});
      if (submitted.type === "task.submitted") submitted.data.input.text = "word ".repeat(2_000);
      const billed = { input_tokens, output_tokens: 1 };
      const usage = { ...billed, input_tokens: Math.max(0, input_tokens) };
      const bad = { billed, usage: { ...usage, cache_read_tokens: 0, cache_write_tokens: 0 } };
      const model = scriptedModel((_, turn) =>
        turn === 0 ? { ...callsReply(["c0", "look", { x: 1 }]), ...bad } : reply(),
      );
      const { journal } = await perform([submitted], { model, tools });
      const [first, second] = journal.flatMap(({ type, data }) => (type === "model.requested" ? [data] : []));
      if (first === undefined || second === undefined) throw new Error("the model was asked less than twice");
      expect(second.input_tokens_bound).toBeGreaterThan(first.input_tokens_bound);
      expect(foldTask(journal)).toMatchObject({
        status: "completed",
        usage: { input_tokens: first.input_tokens_bound + 100, output_tokens: first.max_tokens + 20 },
      });
    },
  );
});

describe("the provider's own count", () => {
  const bounds = async (
    submitted: Event,
    counted: string | undefined,
    script: Parameters<typeof scriptedModel>[0],
  ) => {
    const { tools } = countingTools();
    let asked = 0;
    const countTokens = async () => {
      asked += 1;
      return counted === undefined ? undefined : JSON.parse(counted);
    };
    const { journal } = await perform([submitted], {
      model: { ...scriptedModel(script), countTokens },
      tools,
    });
    expect(asked).toBeGreaterThan(0);
    return journal.flatMap(({ type, data }) => (type === "model.requested" ? [data.input_tokens_bound] : []));
  };
  const short = () => {
    const submitted = submission(countingTools().tools, { limits: { max_cost_nano_usd: 40_000_000 } });
    if (submitted.type === "task.submitted") submitted.data.input.text = "word ".repeat(1_800);
    return submitted;
  };

  it("is taken in place of the bound in bytes", async () => {
    expect(await bounds(short(), "2000", () => reply())).toEqual([2_164]);
  });

  it.each(["0", "-5", "1.5", "1e300", "null", '"12"', '"many"', "{}"])(
    "is none where it says %s",
    async (counted) => {
      const uncounted = await bounds(short(), undefined, () => reply());
      expect(await bounds(short(), counted, () => reply())).toEqual(uncounted);
    },
  );

  it("is never below what the last usage made known", async () => {
    const [, ...later] = await bounds(short(), "5", (request, turn) =>
      request.mayUseTools ? asking(turn) : reply(),
    );
    expect(later.length).toBeGreaterThan(0);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(dearTurn.input_tokens + dearTurn.output_tokens);
  });
});

describe("a tool that costs", () => {
  const search = (costUsd: number, reported?: number) =>
    defineTool({
      name: "look",
      description: "A paid search.",
      input: z.strictObject({ x: z.number() }),
      effect: "read",
      costUsd,
      run(_, { reportCost }) {
        if (reported !== undefined) reportCost(reported);
        return "found";
      },
    });
  const once = () =>
    scriptedModel((_, turn) => (turn === 0 ? callsReply(["c0", "look", { x: 1 }]) : reply()));

  it("is held before it runs, charged as a tool, and kept by kind", async () => {
    const tools = [search(0.01)];
    const { journal, holds } = await perform([submission(tools, {})], { model: once(), tools });
    expect(holds).toContain(10_000_000);
    expect(foldTask(journal)).toMatchObject({ toolCostNanoUsd: 10_000_000, status: "completed" });
    expect(foldTask(journal).openToolHolds.size).toBe(0);
  });

  it("costs what it reports where that is less, and fails where it reports more", async () => {
    const cheap = [search(0.01, 0.002)];
    const { journal } = await perform([submission(cheap, {})], { model: once(), tools: cheap });
    expect(foldTask(journal).toolCostNanoUsd).toBe(2_000_000);
    const greedy = [search(0.01, 0.02)];
    const second = await perform([submission(greedy, {})], { model: once(), tools: greedy });
    expect(types(second.journal)).toContain("tool.failed");
    expect(foldTask(second.journal).toolCostNanoUsd).toBe(10_000_000);
  });

  it.each([null, "0.001", Number.NaN, -1])(
    "fails, and costs what it declares, where it reports %j",
    async (told) => {
      const tools = [search(0.01, told as number)];
      const { journal } = await perform([submission(tools, {})], { model: once(), tools });
      expect(types(journal)).toContain("tool.failed");
      expect(foldTask(journal).toolCostNanoUsd).toBe(10_000_000);
    },
  );

  it("leaves what a last turn costs, by whichever worker it is run", async () => {
    const tools = [search(0.01)];
    const whole = await perform([submission(tools, {})], { model: once(), tools });
    const replied = whole.journal.findIndex(({ type }) => type === "model.responded");
    const takenUp = await perform(whole.journal.slice(0, replied + 1), { model: once(), tools });
    // Beside the turn's own, the tool's and the next turn's; who takes it up after the reply asks from the tool's on.
    expect(whole.reserves).toHaveLength(3);
    expect(whole.reserves[1]).toBeGreaterThan(0);
    expect(takenUp.reserves).toEqual(whole.reserves.slice(1));
  });

  it("is not run where the money is short; the model is told", async () => {
    const tools = [search(0.2)];
    const submitted = submission(tools, {});
    const { journal } = await perform([submitted], { model: once(), tools }, (nanoUsd) =>
      nanoUsd === 200_000_000 ? { kind: "spent", freeNanoUsd: 100_000_000 } : undefined,
    );
    const failure = journal.find(({ type }) => type === "tool.failed");
    expect(failure?.data).toMatchObject({ error: { code: "limit_reached" } });
    expect(types(journal)).not.toContain("tool.started");
    expect(foldTask(journal)).toMatchObject({ toolCostNanoUsd: 0, status: "completed" });
  });
});
