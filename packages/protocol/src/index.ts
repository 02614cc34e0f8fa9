/** What the words of Pawl mean: schemas, the event union, the fold. Pure, browser-safe, imports only zod. */
export { AgentDefinition, ModelTier, ModelTiers, ToolDefinition, ToolEffect } from "./agent-definition.ts";
export { ApiKeyId, ApiKeyRequest, ApiKeyView, Me, NewApiKey, Scope, TenantName } from "./api-key.ts";
export { Budget, budgetOnTheWire, FullBudget, Limits, systemLimits, withBudget } from "./budget.ts";
export {
  BudgetLimit,
  BudgetLimitRequest,
  BudgetOnTheWire,
  BudgetScope,
  BudgetTarget,
  BudgetView,
  isBudgetOfTenant,
  LimitSource,
  ListedBudget,
  OnExceeded,
  type ScopeLimit,
  scopeLimit,
  UsdAmount,
  windowBudgetOnTheWire,
} from "./budget-limit.ts";
export { DeliveryState, DeliveryView, WebhookBody, WebhookType } from "./delivery.ts";
export {
  PermanentError,
  type ProblemCode,
  problems,
  type TaskErrorCode,
  TransientError,
  taskErrorCodes,
} from "./errors.ts";
export {
  ContentBlock,
  type Event,
  type EventData,
  type EventType,
  eventTypes,
  type NewEvent,
  parseNewEvent,
  TaskError,
  TokenUsage,
  type toolErrorCodes,
} from "./event.ts";
export { applyEvent, foldTask, outageAttempts, textOf } from "./fold.ts";
export { spentNanoUsd, tokensUsed } from "./fold-costs.ts";
export { isJudgement } from "./fold-guards.ts";
export {
  Direction,
  directions,
  GuardAction,
  GuardAsk,
  GuardCheckRequest,
  GuardFinding,
  GuardName,
  GuardVerdict,
  guardActions,
  guardAsks,
  guardNames,
  Opinion,
  opinions,
  publicFinding,
} from "./guard-finding.ts";
export {
  GuardMeasure,
  GuardPolicy,
  GuardRule,
  type GuardThresholds,
  PinnedGuards,
  Taint,
} from "./guard-policy.ts";
export { DeliveryId, type IdPrefix, legId, newId, TaskId } from "./ids.ts";
export { Json } from "./json.ts";
export {
  LoopEvidence,
  LoopLadder,
  LoopRule,
  LoopSettings,
  loopRules,
  ToolLoopSettings,
} from "./loop-settings.ts";
export {
  MAX_USD,
  moneyOnTheWire,
  NANO_PER_USD,
  NanoUsd,
  nanoFromUsd,
  SpendingKind,
  type SpentOn,
  usdFromNano,
} from "./money.ts";
export { AgentView, Health, Overview, QueueLabel, QueueView, WorkerView } from "./operations.ts";
export { NextCursor, type Page, pageOf } from "./page.ts";
export { Problem } from "./problem.ts";
export { SELF_REPORT_REQUEST, SELF_REPORT_START, SelfReport, splitSelfReport } from "./self-report.ts";
export { EventView, eventView, Task, taskView } from "./task.ts";
export { Label, Metadata, ResumeRequest, TaskDocument, TaskInput, TaskRequest } from "./task-request.ts";
export { type Referral, type TaskState, taskFromSubmission } from "./task-state.ts";
export { UsageReport, UsageView } from "./usage.ts";
export { isTimeZone, type Window, WindowName, type Windows, windowsAt } from "./window.ts";
export {
  deadlineStandsStill,
  isTerminal,
  resumeRule,
  StopReason,
  type StopReasonOf,
  stopReasonsOf,
  TaskStatus,
  TerminalStatus,
  WaitingFor,
} from "./words.ts";
