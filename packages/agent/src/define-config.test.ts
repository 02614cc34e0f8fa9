import { describe, expect, it } from "vitest";
import { z } from "zod";
import { agentDefinition } from "./agent-definition.ts";
import {
  ConfigError,
  type ConfigFault,
  type ConfigInput,
  defineConfig,
  type PawlConfig,
} from "./define-config.ts";
import { defineTool } from "./define-tool.ts";
import { contextWindowOf } from "./models/context-window.ts";
import { priceOf } from "./models/prices.ts";

const atMs = Date.UTC(2026, 10, 22);
const plain = { system: "You help.", model: "claude-sonnet-5-5" };
const greet = defineTool({
  name: "greet",
  description: "Greets.",
  input: z.strictObject({ name: z.string() }),
  effect: "read",
  run: ({ name }) => `hello ${name}`,
});

function configOf(input: ConfigInput): PawlConfig {
  return defineConfig(input, atMs);
}

/** The faults of a value that the type checker might not let through. */
function faultsOf(input: unknown): readonly ConfigFault[] {
  try {
    Reflect.apply(defineConfig, undefined, [input, atMs]);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

function pathsOf(input: unknown): string[] {
  return faultsOf(input).map(({ path }) => path);
}

describe("defineConfig", () => {
  it("needs no more than an agent's prompt and model", () => {
    const config = configOf({ agents: { mine: plain } });
    expect(agentDefinition(config, "mine")).toEqual({
      name: "mine",
      system: "You help.",
      model: "claude-sonnet-5-5",
      tools: [],
      limits: {
        max_cost_nano_usd: 500_000_000,
        max_tokens: 500_000,
        max_turns: 50,
        max_tool_calls: 200,
        timeout_ms: 3_600_000,
      },
      max_tokens_per_call: 4_096,
    });
  });

  it("adds an agent named default with the built-in tools where there is none", () => {
    const tools = agentDefinition(configOf({ agents: {} }), "default")?.tools.map((tool) => tool.name);
    expect(tools).toEqual(["calculator", "current_time", "fetch_url", "read_document"]);
    const own = configOf({ agents: { default: plain } });
    expect(agentDefinition(own, "default")?.tools).toEqual([]);
  });

  it("lets agents name their own tools and built-in ones", () => {
    const config = configOf({ agents: { a: { ...plain, tools: ["greet", "calculator"] } }, tools: [greet] });
    expect(agentDefinition(config, "a")?.tools).toMatchObject([
      {
        name: "greet",
        effect: "read",
        input_schema: { type: "object", required: ["name"], additionalProperties: false },
      },
      { name: "calculator" },
    ]);
  });

  it("takes limits from the agent, then from the configuration, then from the system", () => {
    const config = configOf({
      agents: { a: { ...plain, budget: { max_cost_usd: 0.25 } } },
      limits: { task: { max_cost_usd: 2, max_turns: 7 } },
    });
    expect(agentDefinition(config, "a")?.limits).toMatchObject({
      max_cost_nano_usd: 250_000_000,
      max_turns: 7,
      max_tool_calls: 200,
    });
  });

  it("prices models of the user's own, in dollars per million tokens", () => {
    const config = configOf({
      agents: { a: { ...plain, model: "my-model" } },
      models: {
        "my-model": {
          usd_per_million_tokens: { input: 0.125, output: 1, cache_read: 0.01 },
          tier: { above_input_tokens: 1_000, usd_per_million_tokens: { input: 3, output: 15 } },
        },
      },
    });
    expect(priceOf("my-model", atMs, config.prices)).toEqual({
      nano_usd_per_token: {
        input: 125,
        output: 1_000,
        cache_write_5m: 157,
        cache_write_1h: 250,
        cache_read: 10,
      },
      tier: {
        above_input_tokens: 1_000,
        nano_usd_per_token: {
          input: 3_000,
          output: 15_000,
          cache_write_5m: 3_750,
          cache_write_1h: 6_000,
          cache_read: 3_000,
        },
      },
    });
  });

  it("reports all faults together, each with its path", () => {
    const faults = faultsOf({
      agents: {
        "Bad Name": plain,
        a: { ...plain, model: "gpt-9", fallback: "gpt-8", tools: ["calculator", "nope", "calculator"] },
        b: { ...plain, fallback: plain.model },
      },
      tools: [greet, greet, { ...greet, name: "calculator" }],
    });
    expect(faults.map(({ path }) => path)).toEqual([
      "tools[1]",
      "tools[2]",
      "agents.Bad Name",
      "agents.a.model",
      "agents.a.fallback",
      "agents.a.tools[1]",
      "agents.a.tools[2]",
      "agents.b.fallback",
    ]);
    const message = new ConfigError(faults).message;
    expect(message).toContain('agents.a.model: no price is known for "gpt-9"');
    expect(message).toContain('agents.a.tools[1]: unknown tool "nope"');
  });

  it.each([
    ["a cost of zero", { max_cost_usd: 0 }, "max_cost_usd"],
    ["a negative cost", { max_cost_usd: -1 }, "max_cost_usd"],
    ["a cost that is no number", { max_cost_usd: Number.NaN }, "max_cost_usd"],
    ["an endless cost", { max_cost_usd: Number.POSITIVE_INFINITY }, "max_cost_usd"],
    ["half a turn", { max_turns: 0.5 }, "max_turns"],
    ["no tokens", { max_tokens: 0 }, "max_tokens"],
    ["no time", { timeout_ms: 0 }, "timeout_ms"],
    ["a limit nobody knows", { max_money: 1 }, "max_money"],
  ])("refuses a budget with %s", (_what, budget, member) => {
    expect(pathsOf({ agents: { a: { ...plain, budget } } })).toEqual([`agents.a.budget.${member}`]);
    expect(pathsOf({ agents: {}, limits: { task: budget } })).toEqual([`limits.task.${member}`]);
  });

  it.each([
    ["nothing", undefined, ""],
    ["a list", [], ""],
    ["no agents", {}, "agents"],
    ["an agent without a prompt", { agents: { a: { model: plain.model } } }, "agents.a.system"],
    ["a blank prompt", { agents: { a: { ...plain, system: " " } } }, "agents.a.system"],
    [
      "a key of an agent that nobody knows",
      { agents: { a: { ...plain, temperature: 1 } } },
      "agents.a.temperature",
    ],
    ["a key that nobody knows", { agents: {}, agent: {} }, "agent"],
    ["a tool that defineTool would refuse", { agents: {}, tools: [{ name: "x" }] }, "tools[0]"],
    [
      "a host with a path",
      { agents: { a: { ...plain, allowedHosts: ["a.example/x"] } } },
      "agents.a.allowedHosts[0]",
    ],
    [
      "a price below whole nano-dollars",
      { agents: {}, models: { m: { usd_per_million_tokens: { input: 0.0001, output: 1 } } } },
      "models.m.usd_per_million_tokens.input",
    ],
    [
      "a negative price",
      { agents: {}, models: { m: { usd_per_million_tokens: { input: 1, output: -1 } } } },
      "models.m.usd_per_million_tokens.output",
    ],
  ])("refuses %s", (_what, input, path) => {
    expect(pathsOf(input)).toEqual([path]);
  });

  it("limits each user's day and the whole day, in UTC, where nothing is said", () => {
    const { scopeLimits, timeZone } = configOf({ agents: {} });
    expect(timeZone).toBe("UTC");
    expect(scopeLimits).toEqual({
      session: {},
      user: { day: { limitNanoUsd: 5_000_000_000, softNanoUsd: null, onExceeded: "refuse" } },
      feature: {},
      tenant: {},
      global: { day: { limitNanoUsd: 1_000_000_000_000, softNanoUsd: null, onExceeded: "refuse" } },
    });
  });

  it("takes limits by scope and window, and the time zone in which they turn", () => {
    const { scopeLimits, timeZone, taskLimits } = configOf({
      agents: {},
      limits: {
        time_zone: "Asia/Kathmandu",
        task: { max_turns: 9 },
        session: { total: { limit_usd: 1 } },
        user: { hour: { limit_usd: 0.5, soft_usd: 0.4, on_exceeded: "wait" } },
        tenant: { month: { limit_usd: 100 }, day: { limit_usd: 0 } },
        global: { day: { limit_usd: 20_000 } },
      },
    });
    expect(timeZone).toBe("Asia/Kathmandu");
    expect(taskLimits.max_turns).toBe(9);
    const plainLimit = { softNanoUsd: null, onExceeded: "refuse" };
    expect(scopeLimits).toEqual({
      session: { total: { ...plainLimit, limitNanoUsd: 1_000_000_000 } },
      user: {
        hour: { limitNanoUsd: 500_000_000, softNanoUsd: 400_000_000, onExceeded: "wait" },
        day: { ...plainLimit, limitNanoUsd: 5_000_000_000 },
      },
      feature: {},
      tenant: {
        month: { ...plainLimit, limitNanoUsd: 100_000_000_000 },
        day: { ...plainLimit, limitNanoUsd: 0 },
      },
      global: { day: { ...plainLimit, limitNanoUsd: 20_000_000_000_000 } },
    });
  });

  it("has no way to take the limits of a user's day and of the whole day away", () => {
    for (const scope of ["user", "global"] as const) {
      for (const nothing of [undefined, {}, { day: undefined }]) {
        const limits: unknown = { [scope]: nothing };
        const config = Reflect.apply(defineConfig, undefined, [{ agents: {}, limits }, atMs]);
        expect(config.scopeLimits[scope].day.limitNanoUsd).toBeGreaterThan(0);
      }
      for (const off of [null, false, 0, { limit_usd: null }, { limit_usd: Number.POSITIVE_INFINITY }])
        expect(pathsOf({ agents: {}, limits: { [scope]: { day: off } } }).join()).toContain(
          `limits.${scope}.day`,
        );
    }
  });

  it.each([
    ["a time zone of nowhere", { time_zone: "Mars/Olympus" }, "limits.time_zone"],
    ["a mere offset", { time_zone: "+05:45" }, "limits.time_zone"],
    ["a scope that nobody knows", { team: { day: { limit_usd: 1 } } }, "limits.team"],
    ["a window that nobody knows", { user: { week: { limit_usd: 1 } } }, "limits.user.week"],
    ["a window without an amount", { user: { day: {} } }, "limits.user.day.limit_usd"],
    ["a negative amount", { user: { day: { limit_usd: -1 } } }, "limits.user.day.limit_usd"],
    ["an amount as text", { user: { day: { limit_usd: "5" } } }, "limits.user.day.limit_usd"],
    [
      "a soft threshold above it",
      { tenant: { day: { limit_usd: 1, soft_usd: 2 } } },
      "limits.tenant.day.soft_usd",
    ],
    [
      "an unknown behaviour",
      { user: { day: { limit_usd: 1, on_exceeded: "pay" } } },
      "limits.user.day.on_exceeded",
    ],
  ])("refuses limits with %s", (_what, limits, path) => {
    expect(pathsOf({ agents: {}, limits })).toEqual([path]);
  });

  it("pins what an agent falls back on", () => {
    const config = configOf({
      agents: {
        a: {
          ...plain,
          fallback: "claude-haiku-5-5",
          fallbackAnswer: "  Please call us on weekdays.  ",
          softShare: 0.5,
        },
        b: plain,
      },
    });
    expect(agentDefinition(config, "a")).toMatchObject({
      fallback: "claude-haiku-5-5",
      fallback_answer: "Please call us on weekdays.",
      soft_share: 0.5,
    });
    const members = Object.keys(agentDefinition(config, "b") ?? {});
    for (const member of ["fallback", "fallback_answer", "soft_share", "tiers"])
      expect(members).not.toContain(member);
    for (const [key, value] of [
      ["fallbackAnswer", " "],
      ["fallbackAnswer", "x".repeat(8_001)],
      ["fallbackAnswer", "half a \ud800"],
      ["softShare", 0],
      ["softShare", 1.1],
      ["softShare", Number.NaN],
    ] as const)
      expect(pathsOf({ agents: { a: { ...plain, [key]: value } } })).toEqual([`agents.a.${key}`]);
  });

  it("wants a price of every model that a task may be moved to", () => {
    const auto = { ...plain, model: "auto" };
    expect(
      pathsOf({
        agents: { a: { ...auto, fallback: "auto", tiers: { light: "gpt-9", strong: "auto" } } },
        routing: { tiers: { standard: "gpt-8" } },
        models: { auto: { usd_per_million_tokens: { input: 1, output: 1 } } },
      }),
    ).toEqual([
      "models.auto",
      "routing.tiers.standard",
      "agents.a.fallback",
      "agents.a.tiers.light",
      "agents.a.tiers.strong",
    ]);
    expect(pathsOf({ agents: {}, routing: { tiers: { cheap: "claude-haiku-5-5" } } })).toEqual([
      "routing.tiers.cheap",
    ]);
    // Before Sonnet 5.5 had a price, nobody could be routed to it; who does not route needs none.
    const early = Date.UTC(2026, 8, 1);
    const haiku = { system: "x", model: "claude-haiku-4-5" };
    expect(() => defineConfig({ agents: { default: haiku } }, early)).not.toThrow();
    expect(() => defineConfig({ agents: { default: { ...haiku, model: "auto" } } }, early)).toThrow(
      "routing.tiers.standard",
    );
  });

  it("takes a model's context window beside its price", () => {
    const usd_per_million_tokens = { input: 1, output: 5 };
    const config = configOf({
      agents: {},
      models: { mine: { usd_per_million_tokens, context_window: 32_000 }, other: { usd_per_million_tokens } },
    });
    expect([contextWindowOf("mine", config), contextWindowOf("other", config)]).toEqual([32_000, 200_000]);
    for (const context_window of [0, -1, 7_999, 32_000.5, "32k", Number.NaN])
      expect(pathsOf({ agents: {}, models: { m: { usd_per_million_tokens, context_window } } })).toEqual([
        "models.m.context_window",
      ]);
  });

  it("takes the geography that a price is for", () => {
    const american = { usd_per_million_tokens: { input: 2.2, output: 11 }, inference_geo: "us" };
    const config = configOf({ agents: {}, models: { "claude-sonnet-5-5": american } });
    expect(priceOf("claude-sonnet-5-5", atMs, config.prices)).toMatchObject({
      nano_usd_per_token: { input: 2_200, output: 11_000 },
      inference_geo: "us",
    });
  });

  it("says of what is to come that it is not supported yet", () => {
    expect(faultsOf({ agents: {}, mcpServers: {} })).toEqual([
      { path: "mcpServers", message: "is not supported yet" },
    ]);
  });

  it("bounds how many tasks are in the queue at a time, and says by how much", () => {
    const agents = { mine: { system: "Hi.", model: "claude-haiku-4-5" } };
    expect(defineConfig({ agents }).seats).toEqual({ perUser: 20, perTenant: 10_000 });
    expect(defineConfig({ agents, limits: { seats: { per_user: 3 } } }).seats).toEqual({
      perUser: 3,
      perTenant: 10_000,
    });
    expect(() => defineConfig({ agents, limits: { seats: { per_user: 0 } } })).toThrow(
      "limits.seats.per_user",
    );
  });

  it("takes a moderator that is a function, and a judge that has a price", () => {
    const agents = { mine: { system: "Hi.", model: "claude-haiku-4-5" } };
    const moderate = async () => ({ violence: 0 });
    expect(defineConfig({ agents }).guardrails.moderation).toBeUndefined();
    expect(defineConfig({ agents, guardrails: { moderator: { moderate } } }).guardrails.moderation).toEqual({
      moderate,
    });
    const wrong = { moderate: "https://moderator.example.com" };
    expect(() =>
      Reflect.apply(defineConfig, undefined, [{ agents, guardrails: { moderator: wrong } }]),
    ).toThrow("guardrails.moderator.moderate: must be a function");
    const judged = { mine: { ...agents.mine, guardrails: { judge: "gpt-9" } } };
    expect(() => defineConfig({ agents: judged })).toThrow("agents.mine.guardrails.judge: no price is known");
  });
});
