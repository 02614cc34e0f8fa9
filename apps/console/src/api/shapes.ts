/** What the API's lists hold, as its document describes them. Tasks and events come from the protocol itself. */
import type { BudgetOnTheWire, BudgetScope } from "@pawl/protocol";

export type { BudgetOnTheWire, BudgetScope, EventView, Task } from "@pawl/protocol";

export type Session = { tenant: string; scopes: string[]; expires_at: string };

export type Delivery = {
  id: string;
  task_id: string;
  type: string;
  state: "pending" | "delivered" | "failed";
  url: string | null;
  tries: number;
  created_at: string;
  next_at: string | null;
  last_try_at: string | null;
  last_try: { status: number | null; error: string | null; duration_ms: number } | null;
};

export type UsageRow = {
  day?: string;
  user?: string | null;
  feature?: string | null;
  agent?: string | null;
  model?: string | null;
  kind?: string | null;
  cost_usd: number;
  unconfirmed_usd: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  calls: number;
};

export type Queue = {
  name: string;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  oldest_waiting_ms: number | null;
  completed_per_minute: number | null;
};

export type WorkerInfo = {
  id: string;
  host: string;
  since: string;
  running: number;
  lanes: string[] | Record<string, number>;
};

export type Agent = {
  name: string;
  model: string;
  tools: { name: string; effect: string }[];
  budget: Partial<
    Record<"max_cost_usd" | "max_tokens" | "max_turns" | "max_tool_calls" | "timeout_ms", number>
  >;
  agent_version: string;
};

export type ApiKey = {
  id: string;
  tenant: string;
  name: string | null;
  scopes: string[];
  created_at: string;
};

export type BudgetTarget = { scope: BudgetScope; id: string };
export type Budgets = { data: BudgetOnTheWire[] };
