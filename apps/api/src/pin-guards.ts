/**
 * How a task will be guarded, decided at submit: the policies of its agent and its tenant, and two words that only Pawl
 * knows, a canary in the system prompt and the nonce of the marks around what comes from outside. Both stay the same for
 * a tenant's tasks of one agent through a day, so that the provider's prompt cache serves them all.
 */
import { createHmac } from "node:crypto";
import { cheapestModel, type PawlConfig, priceOf } from "@pawl/agent";
import { asksSecondOpinion, makeCanary, plantCanary, spotlightRule, toneRuleIn } from "@pawl/guardrails";
import type { AgentDefinition, GuardPolicy } from "@pawl/protocol";

export type PinTerms = {
  config: PawlConfig;
  tenant: string;
  agentVersion: string;
  /** The same in every process of this Pawl, and nobody else's. */
  secret: string;
  nowMs: number;
};

/** The definition as it is pinned: with the guards, and what the model has to be told for them. */
export function pinGuards(definition: AgentDefinition, terms: PinTerms): AgentDefinition {
  const { config, tenant } = terms;
  const own = config.agents[definition.name]?.guardrails;
  if (own === false) return definition;
  const policies = [config.guardrails.policy, own?.policy, config.guardrails.tenants[tenant]].flatMap(
    (policy) => (policy === undefined ? [] : [policy]),
  );
  const { canary, nonce } = secretWords(terms);
  const judge = asksModel(policies) ? (own?.judge ?? cheapestOf(definition, terms)) : undefined;
  return {
    ...definition,
    system: plantCanary(`${definition.system}\n\n${spotlightRule(nonce)}`, canary),
    guards: {
      policies,
      canary,
      nonce,
      taint: own?.taint ?? "flagged",
      repairs: own?.repairs ?? 1,
      ...(judge === undefined ? {} : { judge }),
    },
  };
}

function asksModel(policies: readonly GuardPolicy[]): boolean {
  return asksSecondOpinion(policies) || toneRuleIn(policies) !== undefined;
}

function cheapestOf(
  { model, fallback, tiers }: AgentDefinition,
  { config, nowMs }: PinTerms,
): string | undefined {
  const own = [model, ...(fallback === undefined ? [] : [fallback]), ...Object.values(tiers ?? {})];
  const known = [...own, ...Object.values(config.routing.tiers)];
  return cheapestModel(known, (name, atMs) => priceOf(name, atMs, config.prices), nowMs);
}

function secretWords({ secret, tenant, agentVersion, nowMs }: PinTerms): { canary: string; nonce: string } {
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const bytes = createHmac("sha512", secret).update(`${tenant}\n${agentVersion}\n${day}`).digest();
  const next = bytes.values();
  const canary = makeCanary(() => (next.next().value ?? 0) / 256);
  return { canary, nonce: bytes.subarray(-9).toString("base64url") };
}
