/** The typed client of Pawl: browsers, Node, and whatever else has `fetch`. */
export type { FollowOptions } from "./follow.ts";
export type { Page, Pages } from "./pages.ts";
export {
  type CallOptions,
  createPawl,
  type KeyedOptions,
  type ListOptions,
  type Pawl,
  type SubmitOptions,
  type TaskFilters,
  type UsageQuery,
  type WaitOptions,
} from "./pawl.ts";
export { PawlError, type PawlErrorCode } from "./pawl-error.ts";
export type { PawlOptions } from "./send.ts";
export { verifyWebhook, WebhookError, type WebhookErrorCode, type WebhookRequest } from "./verify-webhook.ts";
export type {
  Agent,
  ApiKey,
  ApiKeyRequest,
  Budget,
  BudgetLimitRequest,
  BudgetScope,
  BudgetWindow,
  Delivery,
  Event,
  FullBudget,
  GuardCheckRequest,
  GuardVerdict,
  Json,
  ListedBudget,
  Me,
  NewApiKey,
  Overview,
  Problem,
  Queue,
  ResumeRequest,
  StopReason,
  Task,
  TaskDocument,
  TaskRequest,
  TaskStatus,
  Usage,
  UsageReport,
  WaitingFor,
  WebhookBody,
  Worker,
} from "./wire.ts";
