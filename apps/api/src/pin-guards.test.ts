import { agentDefinition, agentVersion, type ConfigInput, defineConfig } from "@pawl/agent";
import type { AgentDefinition } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { pinGuards } from "./pin-guards.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12);

function pinned(
  over: { agent?: object; tenant?: string; secret?: string; nowMs?: number } & Pick<
    ConfigInput,
    "guardrails"
  > = {},
): AgentDefinition {
  const { agent = {}, tenant = "acme", secret = "s", nowMs = NOW_MS, guardrails } = over;
  const config = defineConfig({
    agents: { test: { system: "Be kind.", model: "claude-sonnet-5-5", ...agent } },
    ...(guardrails === undefined ? {} : { guardrails }),
  });
  const definition = agentDefinition(config, "test");
  if (definition === undefined) throw new Error("the agent is missing");
  return pinGuards(definition, { config, tenant, agentVersion: agentVersion(definition), secret, nowMs });
}

describe("the guards that a task is pinned with", () => {
  it("are the configuration's, then the agent's, then the tenant's", () => {
    const policy = { output: { pii: "report" } } as const;
    const own = { input: { injection: "flag" } } as const;
    const tenants = { acme: { tool: { injection: "off" } } } as const;
    const agent = { guardrails: { policy: own, taint: "any", repairs: 2 } };
    expect(pinned({ guardrails: { policy, tenants }, agent }).guards).toMatchObject({
      policies: [policy, own, tenants.acme],
      taint: "any",
      repairs: 2,
    });
    expect(pinned({ guardrails: { policy, tenants }, tenant: "other" }).guards?.policies).toEqual([policy]);
  });

  it("put their canary and their rule behind the agent's own prompt, the same all day long", () => {
    const { system, guards } = pinned();
    expect(system.startsWith("Be kind.\n")).toBe(true);
    expect(system).toContain(guards?.canary);
    expect(system).toContain(guards?.nonce);
    expect(pinned({ nowMs: NOW_MS + 60_000 }).system).toBe(system);
  });

  it("have words that nobody else's tasks have", () => {
    const others = [
      { tenant: "other" },
      { secret: "t" },
      { nowMs: NOW_MS + 86_400_000 },
      { agent: { system: "x" } },
    ];
    const canaries = [{}, ...others].map((over) => pinned(over).guards?.canary);
    expect(new Set(canaries).size).toBe(canaries.length);
  });

  it("have a model that judges, the cheapest there is, where a policy asks for its word alone", () => {
    const asking = { injection: { second_opinion: "uncertain" } } as const;
    const toned = { tone_judge: { rule: "Be kind." } };
    expect(pinned().guards).not.toHaveProperty("judge");
    expect(
      pinned({ guardrails: { policy: { injection: { second_opinion: "off" } } } }).guards,
    ).not.toHaveProperty("judge");
    for (const policy of [asking, toned])
      expect(pinned({ agent: { guardrails: { policy } } }).guards?.judge).toBe("claude-haiku-5-5");
    expect(pinned({ guardrails: { policy: {}, tenants: { acme: asking } } }).guards?.judge).toBe(
      "claude-haiku-5-5",
    );
    const own = { guardrails: { policy: asking, judge: "claude-opus-5-5" } };
    expect(pinned({ agent: own }).guards?.judge).toBe("claude-opus-5-5");
  });

  it("are none where the agent's author wants none", () => {
    const bare = pinned({ agent: { guardrails: false } });
    expect([bare.guards, bare.system]).toEqual([undefined, "Be kind."]);
  });
});
