import { AgentDefinition } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { agentDefinition, agentVersion, withTiers } from "./agent-definition.ts";
import { defineConfig } from "./define-config.ts";

const plain = { system: "You help.", model: "claude-sonnet-5-5" };

describe("agentDefinition", () => {
  it("finds no agent by a name that every object has", () => {
    const config = defineConfig({ agents: {} });
    for (const name of ["__proto__", "constructor", "toString", ""])
      expect(agentDefinition(config, name)).toBeUndefined();
  });

  it("pins the tiers of an agent that lets its model be chosen, its own over the configuration's", () => {
    const config = defineConfig({
      agents: {
        a: { ...plain, model: "auto" },
        b: { ...plain, model: "auto", tiers: { strong: "claude-opus-5" } },
        c: { ...plain, tiers: { light: "claude-haiku-4-5" } },
        d: plain,
      },
      routing: { tiers: { standard: "claude-sonnet-4-6" } },
    });
    const standard = "claude-sonnet-4-6";
    const [light, strong] = ["claude-haiku-5-5", "claude-opus-5-5"];
    expect(agentDefinition(config, "a")).toMatchObject({ model: "auto", tiers: { light, standard, strong } });
    expect(agentDefinition(config, "b")?.tiers).toEqual({ light, standard, strong: "claude-opus-5" });
    expect(agentDefinition(config, "c")?.tiers).toEqual({ light: "claude-haiku-4-5", standard, strong });
    expect(agentDefinition(config, "d")?.tiers).toBeUndefined();
    for (const name of ["a", "b", "c", "d"]) {
      const definition = agentDefinition(config, name);
      if (definition === undefined) throw new Error("no agent");
      expect(withTiers(config, definition).tiers).toEqual(definition.tiers ?? { light, standard, strong });
      expect(AgentDefinition.parse(withTiers(config, definition))).toEqual(withTiers(config, definition));
    }
  });
});

describe("agentVersion", () => {
  const config = defineConfig({
    agents: { a: { ...plain, tools: ["calculator"], allowedHosts: ["a.example"] } },
  });
  const definition = agentDefinition(config, "a");
  if (definition === undefined) throw new Error("no agent");

  it("depends on the content and not on the order of keys", () => {
    const reordered = Object.fromEntries(Object.entries(definition).reverse());
    expect(Reflect.apply(agentVersion, undefined, [reordered])).toBe(agentVersion(definition));
    expect(agentVersion(JSON.parse(JSON.stringify(definition)))).toBe(agentVersion(definition));
    expect(agentVersion(definition)).toMatch(/^[0-9a-f]{16}$/);
  });

  it("changes with anything that changes what the agent does", () => {
    const [tool] = definition.tools;
    if (tool === undefined) throw new Error("no tool");
    const versions = [
      definition,
      { ...definition, system: "You help!" },
      { ...definition, model: "claude-haiku-5-5" },
      { ...definition, tools: [] },
      { ...definition, tools: [{ ...tool, effect: "write" as const }] },
      { ...definition, limits: { ...definition.limits, max_turns: 51 } },
      { ...definition, allowed_hosts: [] },
      { ...definition, fallback: "claude-haiku-5-5" },
      { ...definition, fallback_answer: "Call us." },
      { ...definition, soft_share: 0.5 },
      { ...definition, tiers: { light: "a", standard: "b", strong: "c" } },
    ].map(agentVersion);
    expect(new Set(versions).size).toBe(versions.length);
  });
});
