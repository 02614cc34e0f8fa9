/**
 * Turns a checked request into what is written to the journal: the agent's definition pinned, tools narrowed,
 * limits filled in. It decides only; nothing is recorded. All faults are found before the first is told.
 */
import {
  AUTO_MODEL,
  agentDefinition,
  agentVersion,
  priceOf,
  routeModel,
  routeQuestion,
  withTiers,
} from "@pawl/agent";
import { type AgentDefinition, type EventData, type TaskRequest, withBudget } from "@pawl/protocol";
import type { ApiDeps } from "./api-deps.ts";
import { pinGuards } from "./pin-guards.ts";
import { invalidRequest, type RequestFault } from "./problem.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MOST_DELAY_MS = 366 * DAY_MS;
const DEFAULT_MAX_ATTEMPTS = 5;

export type PlanDeps = Pick<ApiDeps, "config" | "egress" | "nowMs" | "adminKey">;

export function planTask(deps: PlanDeps, tenant: string, request: TaskRequest): EventData<"task.submitted"> {
  const nowMs = deps.nowMs();
  const agent = request.agent ?? "default";
  const definition = agentDefinition(deps.config, agent);
  if (definition === undefined) {
    throw invalidRequest([
      { pointer: "/agent", message: `${JSON.stringify(agent)} is no agent of this Pawl` },
    ]);
  }
  const limits = withBudget(definition.limits, request.budget);
  const faults = [
    ...toolFaults(definition, request.tools),
    ...modelFaults(deps, request.model, nowMs),
    ...webhookFaults(deps, request.webhook_url),
    ...(limits.max_cost_nano_usd > 0
      ? []
      : [{ pointer: "/budget/max_cost_usd", message: "is less than a nano-dollar" }]),
  ];
  const delayMs = delayOf(request, nowMs);
  if (delayMs > MOST_DELAY_MS) faults.push({ pointer: "/run_at", message: "is more than 366 days ahead" });
  if (faults.length > 0) throw invalidRequest(faults);

  const input = typeof request.input === "string" ? { text: request.input, documents: [] } : request.input;
  // The version names what the operator wrote; what this task narrows, and what guards it, stand beside it.
  const version = agentVersion(definition);
  const terms = { config: deps.config, tenant, agentVersion: version, secret: deps.adminKey, nowMs };
  const guarded = pinGuards(narrowed(definition, request.tools), terms);
  return {
    input,
    agent,
    agent_version: version,
    ...modelFor(deps, request, guarded, input),
    limits,
    user: request.user ?? null,
    feature: request.feature ?? null,
    session_id: request.session_id ?? null,
    parent_id: null,
    metadata: request.metadata ?? {},
    webhook_url: request.webhook_url ?? null,
    priority: request.priority ?? "normal",
    max_attempts: request.max_attempts ?? DEFAULT_MAX_ATTEMPTS,
    delay_ms: delayMs > 0 ? delayMs : null,
  };
}

function toolFaults(definition: AgentDefinition, wanted: readonly string[] = []): RequestFault[] {
  return wanted.flatMap((name, i) =>
    definition.tools.some((tool) => tool.name === name)
      ? []
      : [{ pointer: `/tools/${i}`, message: `is no tool that the agent ${definition.name} is granted` }],
  );
}

/** A model without a price could not be held to a budget. */
function modelFaults({ config }: PlanDeps, model: string | undefined, nowMs: number): RequestFault[] {
  if (model === undefined) return [];
  if (model === AUTO_MODEL) return [];
  if (priceOf(model, nowMs, config.prices) !== undefined) return [];
  return [{ pointer: "/model", message: "is no model with a known price" }];
}

type Submitted = EventData<"task.submitted">;

/** The model that was asked for, or the one that the rules choose for this task, with their reason. */
function modelFor(
  { config, nowMs }: PlanDeps,
  request: TaskRequest,
  definition: AgentDefinition,
  input: Submitted["input"],
): Pick<Submitted, "definition" | "model" | "routed"> {
  const wanted = request.model ?? definition.model;
  if (wanted !== AUTO_MODEL) return { definition, model: wanted };
  const tiered = withTiers(config, definition);
  const { tier, model, reason } = routeModel(routeQuestion(input, tiered), tiered.tiers);
  if (priceOf(model, nowMs(), config.prices) === undefined)
    throw invalidRequest([{ pointer: "/model", message: `"auto" chose ${model}, which has no known price` }]);
  return { definition: tiered, model, routed: { tier, reason } };
}

function webhookFaults({ egress }: PlanDeps, url: string | undefined): RequestFault[] {
  if (url === undefined) return [];
  try {
    egress.checkWebhookUrl(url);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : "may not be reached";
    return [{ pointer: "/webhook_url", message }];
  }
}

function delayOf({ run_at, delay_ms }: TaskRequest, nowMs: number): number {
  return run_at === undefined ? (delay_ms ?? 0) : Math.max(0, Date.parse(run_at) - nowMs);
}

function narrowed(definition: AgentDefinition, wanted: readonly string[] | undefined): AgentDefinition {
  if (wanted === undefined) return definition;
  return { ...definition, tools: definition.tools.filter((tool) => wanted.includes(tool.name)) };
}
