/** What the API answers: the protocol's own words, which its document is made from as well. */
import type { BudgetOnTheWire, BudgetScope } from "@pawl/protocol";

export type {
  AgentView as Agent,
  ApiKeyView as ApiKey,
  BudgetOnTheWire,
  BudgetScope,
  DeliveryView as Delivery,
  EventView,
  Overview,
  QueueView as Queue,
  Task,
  UsageReport,
  UsageView as UsageRow,
  WorkerView as WorkerInfo,
} from "@pawl/protocol";

/** Of /console/session, which is the browser's and no part of the public API. */
export type Session = { tenant: string; scopes: string[]; expires_at: string };

export type BudgetTarget = { scope: BudgetScope; id: string };
export type Budgets = { data: BudgetOnTheWire[] };
export type LimitedScope = BudgetTarget & { windows: BudgetOnTheWire[] };
