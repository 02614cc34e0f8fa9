/** What becomes of a task when the model cannot be asked: it goes around, or it waits and loses nothing by it. */
import Anthropic from "@anthropic-ai/sdk";
import { type Event, foldTask } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { agentDefinition } from "../agent-definition.ts";
import { type AgentInput, defineConfig } from "../define-config.ts";
import { defineTool } from "../define-tool.ts";
import { openBreakers } from "../health/breakers.ts";
import { openModelGate } from "../health/model-gate.ts";
import { toolHealth } from "../health/tool-health.ts";
import { ToolError } from "../tool-error.ts";
import type { CachedAnswer } from "./answer-cache.ts";
import {
  callsReply,
  countingTools,
  MODEL,
  NOW_MS,
  perform,
  reply,
  scriptedModel,
  submittedEvent,
  types,
} from "./task-run.fixture.ts";

const FALLBACK = "claude-haiku-5-5";
const POLICY = { failures: 2, tasks: 2, openMs: 60_000, openAtMostMs: 60_000 };
const { tools } = countingTools();
const log = { info: () => {}, warn: () => {} };

/** A gate over real breakers; the provider names no limit. */
function gateOf(policy = POLICY) {
  const breakers = openBreakers({ worker: "w", publish: () => {}, nowMs: Date.now, random: () => 0, log });
  const lease = async () => ({
    known: "free" as const,
    limits: {},
    grantedCalls: 0,
    firstInMs: 0,
    everyMs: 0,
    againInMs: 1000,
    othersWeight: 0,
    pausedMs: 0,
  });
  const deps = { breakers, breaker: policy, limits: {}, lease, nowMs: Date.now, random: () => 0, log };
  const gate = openModelGate(deps);
  const admit = async (model: string, task: string) => {
    const admission = await gate.admit({ model, tenant: "acme", task, signal: new AbortController().signal });
    if (admission.kind !== "go") throw new Error("it is down already");
    return admission.permit;
  };
  return {
    gate,
    breakers,
    /** Other tasks find out that it is down. */
    async bringDown(model: string, times = policy.failures) {
      const permits = await Promise.all(
        Array.from({ length: times }, (_, i) => admit(model, `other ${i % policy.tasks}`)),
      );
      for (const permit of permits) await permit.done({ kind: "failed", failure: overloaded });
    },
  };
}

const overloaded = {
  code: "model_unavailable",
  message: "Overloaded",
  status: 529,
  retryable: true,
  billed: "no",
  retryAfterMs: undefined,
} as const;

function refusing(status: number, headers: Record<string, string> = {}) {
  return scriptedModel(() => {
    throw Anthropic.APIError.generate(status, {}, "no", new Headers(headers));
  });
}

function submitted(agent: Partial<AgentInput> = {}, over: { max_attempts?: number } = {}): Event {
  const config = defineConfig({ agents: { test: { system: "x", model: MODEL, ...agent } } });
  const definition = agentDefinition(config, "test");
  if (definition === undefined) throw new Error("the agent is missing");
  return submittedEvent(tools, { definition, ...over });
}

const after = (journal: readonly Event[], type: "task.resumed"): Event[] => [
  ...journal,
  { seq: journal.length + 1, at: NOW_MS, attempt: 0, type, data: { because: "capacity" } },
];

describe("a model that is down", () => {
  it("lets the task wait for capacity, unasked, without money and without an attempt", async () => {
    const { gate, bringDown } = gateOf();
    await bringDown(MODEL);
    const model = scriptedModel(() => reply());
    const { outcome, journal, holds } = await perform([submitted()], { model, tools, gate });
    expect(outcome).toBe("waiting");
    expect(types(journal)).toEqual(["task.submitted", "task.started", "task.waiting"]);
    const waiting = journal.at(-1);
    expect(waiting).toMatchObject({ type: "task.waiting", data: { for: "capacity" } });
    if (waiting?.type === "task.waiting") expect(waiting.data.after_ms).toBeGreaterThan(30_000);
    expect(foldTask(journal)).toMatchObject({ waitingFor: "capacity", attempts: 0, failedTries: 0 });
    expect([model.asked.length, holds.length]).toEqual([0, 0]);
  });

  it("costs no try where it goes down under the task's own call, nor those that it failed just before", async () => {
    const { gate, bringDown } = gateOf({ ...POLICY, failures: 3 });
    const model = refusing(529);
    const first = await perform([submitted({}, { max_attempts: 2 })], { model, tools, gate });
    expect(foldTask(first.journal)).toMatchObject({ waitingFor: "retry", attempts: 1, failedTries: 1 });
    await bringDown(MODEL, 1);
    const second = await perform(after(first.journal, "task.resumed"), { model, tools, gate });
    expect(second.outcome).toBe("waiting");
    expect(foldTask(second.journal)).toMatchObject({ waitingFor: "capacity", attempts: 0, failedTries: 0 });
    expect(second.journal.filter(({ type }) => type === "model.failed").at(-1)?.data).toMatchObject({
      capacity: true,
    });
  });

  it("leaves a task alone whose every try fails while others are answered: its tries count", async () => {
    const { gate } = gateOf({ ...POLICY, failures: 1 });
    let journal: readonly Event[] = [submitted({}, { max_attempts: 3 })];
    for (let i = 0; i < 3; i += 1)
      ({ journal } = await perform(i === 0 ? journal : after(journal, "task.resumed"), {
        model: refusing(529),
        tools,
        gate,
      }));
    expect(foldTask(journal)).toMatchObject({ stopReason: "retries_exhausted", attempts: 3 });
  });

  it("is gone around by way of the agent's fallback, and the task says so", async () => {
    const { gate, bringDown } = gateOf();
    await bringDown(MODEL);
    const model = scriptedModel(() => reply());
    const { journal } = await perform([submitted({ fallback: FALLBACK })], { model, tools, gate });
    expect(model.asked.map((request) => request.model)).toEqual([FALLBACK]);
    expect(foldTask(journal)).toMatchObject({
      status: "completed",
      model: FALLBACK,
      degraded: { reason: "fallback_model" },
    });
    const downgraded = journal.find(({ type }) => type === "model.downgraded");
    expect(downgraded?.data).toMatchObject({ from: MODEL, to: FALLBACK, because: "overloaded" });
  });

  it("is gone around in the middle of a task, with a history that the other model may be sent", async () => {
    const { gate, bringDown } = gateOf();
    const model = scriptedModel(async (_, turn) => {
      if (turn > 0) return reply();
      await bringDown(MODEL);
      const calls = callsReply(["c1", "look", { x: 1 }]);
      return { ...calls, content: [{ type: "thinking", thinking: "hm", signature: "s" }, ...calls.content] };
    });
    const config = defineConfig({
      agents: { test: { system: "x", model: MODEL, fallback: FALLBACK, tools: ["look"] } },
      tools,
    });
    const definition = agentDefinition(config, "test");
    if (definition === undefined) throw new Error("the agent is missing");
    const { journal } = await perform([submittedEvent(tools, { definition })], { model, tools, gate });
    expect(foldTask(journal).status).toBe("completed");
    expect(model.asked.map((request) => request.model)).toEqual([MODEL, FALLBACK]);
    expect(JSON.stringify(model.asked[1]?.messages)).not.toContain("thinking");
  });

  it("lets the task wait where the fallback is down as well", async () => {
    const { gate, bringDown } = gateOf();
    await bringDown(MODEL);
    await bringDown(FALLBACK);
    const model = scriptedModel(() => reply());
    const { journal } = await perform([submitted({ fallback: FALLBACK })], { model, tools, gate });
    expect(types(journal)).toEqual(["task.submitted", "task.started", "task.waiting"]);
  });
});

describe("a refusal for the provider's rate", () => {
  it("lets the task wait for capacity, as long as the provider said, and counts no try", async () => {
    const { gate } = gateOf();
    const { outcome, journal } = await perform([submitted()], {
      model: refusing(429, { "retry-after": "7" }),
      tools,
      gate,
    });
    expect(outcome).toBe("waiting");
    const waiting = journal.at(-1);
    expect(waiting?.data).toMatchObject({ for: "capacity" });
    if (waiting?.type === "task.waiting") expect(waiting.data.after_ms).toBeGreaterThanOrEqual(7000);
    expect(foldTask(journal)).toMatchObject({ attempts: 0, failedTries: 0, modelCostNanoUsd: 0 });
  });

  it("is a failed try where the provider says nothing of when to come back", async () => {
    const { gate } = gateOf();
    const { journal } = await perform([submitted()], { model: refusing(429), tools, gate });
    expect(foldTask(journal)).toMatchObject({ waitingFor: "retry", failedTries: 1 });
  });
});

describe("a tool with a breaker", () => {
  const broken = (runs: string[]) =>
    defineTool({
      ...(tools[0] ?? missing()),
      breaker: { failures: 2, openMs: 60_000 },
      run() {
        runs.push("run");
        throw new TypeError("it is down");
      },
    });
  const missing = (): never => {
    throw new Error("the fixture has no tool");
  };

  it("is not run any more once it has failed so often; the model is told, and goes on", async () => {
    const runs: string[] = [];
    const { breakers } = gateOf();
    const tool = broken(runs);
    const model = scriptedModel((_, turn) =>
      turn < 4 ? callsReply([`c${turn}`, "look", { x: turn }]) : reply(),
    );
    const deps = { model, tools: [tool], toolHealth: toolHealth(breakers) };
    const { journal } = await perform([submittedEvent([tool])], deps);
    expect(runs).toHaveLength(2);
    const failures = journal.flatMap((event) => (event.type === "tool.failed" ? [event.data.error] : []));
    expect(failures.map(({ code }) => code)).toEqual([
      "tool_error",
      "tool_error",
      "tool_unavailable",
      "tool_unavailable",
    ]);
    expect(failures.at(-1)?.message).toContain("out of service");
    expect(foldTask(journal).status).toBe("completed");
  });

  it("does not count what a tool says on purpose", async () => {
    const { breakers } = gateOf();
    const tool = defineTool({
      ...(tools[0] ?? missing()),
      breaker: { failures: 1 },
      run() {
        throw new ToolError("there is no such order");
      },
    });
    const model = scriptedModel((_, turn) => (turn === 0 ? callsReply(["c", "look", { x: 1 }]) : reply()));
    const health = toolHealth(breakers);
    await perform([submittedEvent([tool])], { model, tools: [tool], toolHealth: health });
    expect(health.downForMs(tool)).toBe(0);
  });
});

describe("a model that stays down", () => {
  const answers = (kept = new Map<string, CachedAnswer>()) => ({
    kept,
    find: async (question: string) => kept.get(question),
    keep: async (question: string, answer: CachedAnswer) => void kept.set(question, answer),
  });
  const cachedAgent = { answerCache: { ttlMs: 60_000 } };
  const downGate = async () => {
    const { gate, bringDown } = gateOf();
    await bringDown(MODEL);
    return gate;
  };

  it("first leads to the answer that the same user's same question got before, and says so", async () => {
    const cache = answers();
    const model = scriptedModel(() => reply({ content: [{ type: "text", text: "Forty-two." }] }));
    await perform([submitted(cachedAgent)], { model, tools, answers: cache });
    expect(cache.kept.size).toBe(1);
    const gate = await downGate();
    const { outcome, journal } = await perform([submitted(cachedAgent)], {
      model,
      tools,
      gate,
      answers: cache,
    });
    expect(outcome).toBe("ended");
    expect(foldTask(journal)).toMatchObject({
      status: "completed",
      text: "Forty-two.",
      degraded: { reason: "cached_answer", message: expect.stringContaining("earlier") },
    });
    expect(model.asked).toHaveLength(1);
  });

  it("never gives a user the answer of another, nor of another question", async () => {
    const cache = answers();
    const model = scriptedModel(() => reply());
    await perform([submitted(cachedAgent)], { model, tools, answers: cache });
    const gate = await downGate();
    for (const over of [{ user: "bob" }, { user: null }, { input: { text: "else", documents: [] } }]) {
      const other = submitted(cachedAgent);
      if (other.type === "task.submitted") Object.assign(other.data, over);
      const { outcome } = await perform([other], { model, tools, gate, answers: cache });
      expect(outcome).toBe("waiting");
    }
  });

  it("then, once the agent's patience is over, to its static answer, by what was asked", async () => {
    const agent = {
      unavailableAfterMs: 5_000,
      fallbackAnswer: "Please come back later.",
      fallbackAnswers: [{ examples: ["do it"], answer: "It will be done tomorrow." }],
    };
    const gate = await downGate();
    const model = scriptedModel(() => reply());
    const first = await perform([submitted(agent)], { model, tools, gate });
    expect(first.outcome).toBe("waiting");
    expect(first.journal.at(-1)).toMatchObject({ data: { capacity: "unavailable", after_ms: 5_000 } });
    const nowMs = () => NOW_MS + 5_000;
    const { journal } = await perform(after(first.journal, "task.resumed"), { model, tools, gate, nowMs });
    expect(foldTask(journal)).toMatchObject({
      status: "stopped",
      stopReason: "interrupted",
      text: "It will be done tomorrow.",
      degraded: { reason: "interrupted", message: expect.stringContaining("prepared answer") },
    });
  });

  it("then to the plain error, where the agent has nothing prepared", async () => {
    const { journal } = await perform([submitted({ unavailableAfterMs: 0 })], {
      model: scriptedModel(() => reply()),
      tools,
      gate: await downGate(),
    });
    expect(foldTask(journal)).toMatchObject({
      status: "failed",
      stopReason: "retries_exhausted",
      error: { code: "model_unavailable" },
    });
  });
});
