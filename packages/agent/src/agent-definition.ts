// An agent as plain JSON: all that decides how a task is performed, nothing that only a process can hold. It is
// pinned in the journal at submit, so a deploy changes no running task; its digest is the `agent_version`.

import { createHash } from "node:crypto";
import {
  type AgentDefinition,
  type ModelTiers,
  SELF_REPORT_REQUEST,
  type ToolLoopSettings,
  withBudget,
} from "@pawl/protocol";
import type { AgentConfig, PawlConfig } from "./define-config.ts";
import { type Tool, toolInputSchema } from "./define-tool.ts";
import { AUTO_MODEL, tiersOver } from "./models/route.ts";

const DEFAULT_MAX_TOKENS_PER_CALL = 4_096;
const VERSION_HEX_CHARS = 16;

/** The named agent, or undefined where the configuration has none of that name. */
export function agentDefinition(config: PawlConfig, name: string): AgentDefinition | undefined {
  const agent = Object.hasOwn(config.agents, name) ? config.agents[name] : undefined;
  if (agent === undefined) return undefined;
  const tools = (agent.tools ?? []).flatMap((wanted) => config.tools.filter((tool) => tool.name === wanted));
  return {
    name,
    system: agent.selfReport ? `${agent.system}\n\n${SELF_REPORT_REQUEST}` : agent.system,
    model: agent.model,
    tools: tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      input_schema: toolInputSchema(tool),
      effect: tool.effect,
    })),
    limits: withBudget(config.taskLimits, agent.budget),
    max_tokens_per_call: agent.maxTokensPerCall ?? DEFAULT_MAX_TOKENS_PER_CALL,
    ...(agent.allowedHosts === undefined ? {} : { allowed_hosts: [...agent.allowedHosts] }),
    ...(agent.fallback === undefined ? {} : { fallback: agent.fallback }),
    ...(agent.fallbackAnswer === undefined ? {} : { fallback_answer: agent.fallbackAnswer }),
    ...(agent.fallbackAnswers === undefined
      ? {}
      : {
          fallback_answers: agent.fallbackAnswers.map(({ examples, answer }) => ({
            examples: [...examples],
            answer,
          })),
        }),
    ...(agent.unavailableAfterMs === undefined ? {} : { unavailable_after_ms: agent.unavailableAfterMs }),
    ...(agent.answerCache === undefined
      ? {}
      : { answer_cache: { ttl_ms: agent.answerCache.ttlMs, per: agent.answerCache.per ?? "user" } }),
    ...(agent.selfReport ? { self_report: true as const } : {}),
    ...(agent.softShare === undefined ? {} : { soft_share: agent.softShare }),
    ...loopsOf(agent.loops, tools),
    // Only where they are asked for: an agent that names one model is not moved to another behind its author's back.
    ...(agent.model === AUTO_MODEL || agent.tiers !== undefined ? { tiers: tiersOf(config, name) } : {}),
  };
}

/** What the agent sets over what its tools say of themselves; nothing where neither says anything. */
function loopsOf(own: AgentConfig["loops"], tools: readonly Tool[]): Pick<AgentDefinition, "loops"> {
  if (own === false) return { loops: false };
  const declared = tools.flatMap(({ name, identifiedBy, volatile, poll }): [string, ToolLoopSettings][] => {
    const settings: ToolLoopSettings = {
      ...(identifiedBy === undefined ? {} : { identified_by: [...identifiedBy] }),
      ...(volatile === undefined ? {} : { volatile: [...volatile] }),
      ...(poll === undefined
        ? {}
        : { poll: { interval_ms: poll.intervalMs, max_duration_ms: poll.maxDurationMs } }),
      ...own?.tools?.[name],
    };
    return Object.keys(settings).length === 0 ? [] : [[name, settings]];
  });
  if (own === undefined && declared.length === 0) return {};
  return { loops: { ...own, ...(declared.length === 0 ? {} : { tools: Object.fromEntries(declared) }) } };
}

/** The definition as a task that asks for `auto` itself needs it: with tiers, whatever model the agent names. */
export function withTiers(
  config: PawlConfig,
  definition: AgentDefinition,
): AgentDefinition & { tiers: ModelTiers } {
  return { ...definition, tiers: definition.tiers ?? tiersOf(config, definition.name) };
}

/** The agent's own tiers over the configuration's. */
function tiersOf(config: PawlConfig, name: string): ModelTiers {
  const own = Object.hasOwn(config.agents, name) ? config.agents[name]?.tiers : undefined;
  return tiersOver(config.routing.tiers, own);
}

/** 16 hex digits over the definition's content; the order of keys does not matter, that of lists does. */
export function agentVersion(definition: AgentDefinition): string {
  return createHash("sha256").update(canonicalJson(definition)).digest("hex").slice(0, VERSION_HEX_CHARS);
}

/** JSON with sorted keys, so that equal content is equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
