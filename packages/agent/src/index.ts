/** The thinking: the loop, limits, models, tools. No Redis, no HTTP server, no environment. */
export { agentDefinition, agentVersion, withTiers } from "./agent-definition.ts";
export {
  type AgentConfig,
  type AgentInput,
  ConfigError,
  type ConfigFault,
  type ConfigInput,
  defineConfig,
  type Moderate,
  type PawlConfig,
} from "./define-config.ts";
export { defineTool, type JsonValue, type Tool, type ToolContext, type ToolDocument } from "./define-tool.ts";
export {
  createEgressGuard,
  EgressDeniedError,
  type EgressGuard,
  type EgressGuardDeps,
  type EgressRequest,
} from "./egress/egress-guard.ts";
export type { BreakerPolicy } from "./health/breaker.ts";
export { type Breakers, type BreakersDeps, type HealthLog, openBreakers } from "./health/breakers.ts";
export { type ModelGate, type ModelGateDeps, openModelGate, openToAll } from "./health/model-gate.ts";
export type { RateLimits } from "./health/rate-limits.ts";
export type { Slice, SliceAsk } from "./health/slice.ts";
export { healthyTools, type ToolHealth, toolHealth } from "./health/tool-health.ts";
export { loadConfig } from "./load-config.ts";
export { fieldRules as fieldLoopRules } from "./loops/field-rules.ts";
export type { Verdict as LoopRung } from "./loops/ladder.ts";
export {
  createLoopDetector,
  type LoopDetector,
  type LoopObservation,
  type LoopVerdict,
} from "./loops/loop-detector.ts";
export { defaultLoopPolicy, type Ladder, type LoopPolicy, type ToolLoopPolicy } from "./loops/loop-policy.ts";
export {
  type AnthropicModelOptions,
  anthropicModel,
  type Model,
  type ModelRequest,
} from "./model/ask-model.ts";
export type { ModelReply } from "./model/reply.ts";
export { cheaperModel, cheapestModel, softShareOf } from "./models/cheaper-model.ts";
export { contextWindowOf, DEFAULT_CONTEXT_WINDOW_TOKENS } from "./models/context-window.ts";
export { type BilledUsage, costNanoUsd, type Price, priceOf, worstCaseNanoUsd } from "./models/prices.ts";
export { AUTO_MODEL, type Route, type RouteQuestion, routeModel, routeQuestion } from "./models/route.ts";
export type { ScopeLimits } from "./scope-limits.ts";
export type { AnswerCache } from "./task/answer-cache.ts";
export type { Guards, GuardVerdict } from "./task/guards.ts";
export { Interruption, type InterruptionKind, interruptionOf } from "./task/interruption.ts";
export type { LiveText, OpenLiveText } from "./task/live-text.ts";
export type { Learnt, Looks } from "./task/look-again.ts";
export { leastFirstCallNanoUsd } from "./task/plan-turn.ts";
export type { Record as StepRecord, Recorded, Recorder, Settled, Where } from "./task/recorder.ts";
export type { TaskDeps, TaskRun, TaskRunOutcome } from "./task/run.ts";
export { runTask } from "./task/run-task.ts";
export { ToolError } from "./tool-error.ts";
export { builtInTools } from "./tools/built-in.ts";
