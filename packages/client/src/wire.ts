/**
 * What travels between a client and Pawl. Written from the protocol's schemas by `npm run generate -w @pawl/client`:
 * do not edit.
 */

/** An agent that tasks may name. */
export type Agent = {
  name: string;
  /** A model's name, or `auto`: chosen for each task. */
  model: string;
  /** The model to go on with when money runs short. */
  fallback: string | null;
  tools: {
    name: string;
    description: string;
    effect: "read" | "idempotent" | "write";
  }[];
  budget: FullBudget;
  /** Digest of the whole definition. */
  agent_version: string;
};

/** An API key, without the key. */
export type ApiKey = {
  id: string;
  tenant: string;
  scopes: ("tasks" | "admin")[];
  name: string | null;
  created_at: string;
  /** Within some seconds; null: never. */
  last_used_at: string | null;
};

export type ApiKeyRequest = {
  tenant: string;
  /** Default: `["tasks"]`. */
  scopes?: ("tasks" | "admin")[] | undefined;
  name?: string | null | undefined;
};

/** Limits of one task; missing members take the agent's, then the system's defaults. */
export type Budget = {
  max_cost_usd?: number | undefined;
  max_tokens?: number | undefined;
  max_turns?: number | undefined;
  max_tool_calls?: number | undefined;
  timeout_ms?: number | undefined;
};

/** The limit of one window; it replaces the one that is set. */
export type BudgetLimitRequest = {
  window: "hour" | "day" | "month" | "total";
  limit_usd: number;
  soft_usd?: number | null | undefined;
  on_exceeded?: "refuse" | "wait" | undefined;
};

/** Whose money. */
export type BudgetScope = "session" | "user" | "feature" | "tenant" | "global";

/** How a budget stands in one window that has a limit. */
export type BudgetWindow = {
  window: "hour" | "day" | "month" | "total";
  limit_usd: number;
  spent_usd: number;
  held_usd: number;
  left_usd: number;
  resets_at: string | null;
  soft_usd: number | null;
  on_exceeded: "refuse" | "wait";
  source: "set" | "config";
};

export type Budgets = {
  data: BudgetWindow[];
};

/** A webhook delivery: at least once, the same id on every try. */
export type Delivery = {
  id: string;
  task_id: string;
  type: "task.completed" | "task.stopped" | "task.failed" | "task.cancelled" | "task.waiting";
  state: "pending" | "delivered" | "failed";
  /** null: the task is no longer kept. */
  url: string | null;
  tries: number;
  created_at: string;
  next_at: string | null;
  last_try_at: string | null;
  last_try: {
    status: number | null;
    error: string | null;
    duration_ms: number;
  } | null;
};

/** One fact of a task's journal. More types may be added; those that are known keep their meaning. */
export type Event = {
  seq: number;
  type: string;
  at: string;
  attempt: number;
  data: { [name: string]: Json };
};

/** The limits that hold for one task. */
export type FullBudget = {
  max_cost_usd: number;
  max_tokens: number;
  max_turns: number;
  max_tool_calls: number;
  timeout_ms: number;
};

export type GuardCheckRequest = {
  text: string;
  direction: "input" | "output" | "tool";
};

export type GuardVerdict = {
  action: "allow" | "flag" | "redact" | "block";
  findings: {
    guard: "injection" | "content" | "pii" | "leak" | "exfiltration" | "output" | "tone";
    category: string;
    score: number;
    start?: number | undefined;
    end?: number | undefined;
    second_opinion?: "attack" | "honest" | undefined;
  }[];
  /** With what was found replaced by marks. */
  text: string;
};

export type Health = {
  status: "ok" | "ready";
};

/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** A budget that has a limit set by hand. */
export type ListedBudget = {
  scope: BudgetScope;
  id: string;
  windows: BudgetWindow[];
};

export type Me = {
  tenant: string;
  scopes: ("tasks" | "admin")[];
  /** Whether the key is an admin's of tenant `default`. */
  is_operator: boolean;
};

export type NewApiKey = {
  /** Shown this once. */
  key: string;
  /** Signs the tenant's webhooks; there when the tenant is new, shown this once. */
  webhook_secret?: string | undefined;
  id: string;
  tenant: string;
  scopes: ("tasks" | "admin")[];
  name: string | null;
};

export type Overview = {
  tasks: {
    queued: number;
    running: number;
    waiting: number;
    completed: number;
    stopped: number;
    failed: number;
    cancelled: number;
  };
};

/** What went wrong (RFC 9457). */
export type Problem = {
  /** A name of the problem, relative to this API. */
  type: string;
  title: string;
  status: number;
  /** What is wrong with this very request, for people. */
  detail: string;
  /** Stable: programs decide by it. */
  code: "invalid_request" | "invalid_json" | "unauthorized" | "forbidden" | "not_found" | "method_not_allowed" | "not_acceptable" | "conflict" | "request_in_progress" | "body_too_large" | "unsupported_media_type" | "idempotency_mismatch" | "too_many_tries" | "budget_exhausted" | "internal_error" | "unavailable";
  /** Every fault that was found in the request, 50 at most. */
  errors?: {
    /** JSON pointer into the body, or into the query. */
    pointer: string;
    message: string;
  }[] | undefined;
  /** The answer's `x-request-id`. */
  request_id: string;
};

/** One queue: a lane of tasks, those performed alone, or webhooks. */
export type Queue = {
  name: "high" | "normal" | "low" | "quarantine" | "webhooks";
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  /** How long the one next in line has waited; null: nobody waits. */
  oldest_waiting_ms: number | null;
  /** In the last whole minute. */
  completed_per_minute: number;
};

export type ResumeRequest = {
  budget?: Budget | undefined;
};

/** Why a task ended. */
export type StopReason = "end_turn" | "budget_reached" | "max_turns" | "max_tool_calls" | "max_tokens" | "deadline" | "loop_detected" | "output_invalid" | "escalated" | "interrupted" | "guardrail_blocked" | "refusal" | "context_exceeded" | "approval_denied" | "approval_expired" | "retries_exhausted" | "permanent_error" | "poisoned" | "cancelled";

/** A task as it stands. `job_id` is `id`. */
export type Task = {
  id: string;
  job_id: string;
  status: TaskStatus;
  stop_reason: StopReason | null;
  waiting_for: WaitingFor | null;
  result: {
    text: string;
    data: Json | null;
    artifacts: Json[];
    /** Where the agent is asked for it; null: it gave none that could be read. */
    self_report?: {
      confidence: number;
      unsupported_claims: string[];
    } | null | undefined;
  } | null;
  error: {
    code: "model_unavailable" | "model_rejected" | "model_stream_broken" | "not_sent" | "internal_error" | "agent_invalid" | "crashed";
    message: string;
  } | null;
  degraded: {
    reason: string;
    message: string;
  } | null;
  usage: {
    input_tokens: number;
    output_tokens: number;
    cache_read_tokens: number;
    cache_write_tokens: number;
    model_calls: number;
    tool_calls: number;
  };
  cost: {
    usd: number;
    by_kind: {
      model: number;
      embedding: number;
      tool: number;
    };
    unconfirmed_usd: number;
  };
  budget: FullBudget;
  attempts: number;
  steps: number;
  agent: string;
  agent_version: string;
  model: string;
  model_provider: string | null;
  user: string | null;
  feature: string | null;
  session_id: string | null;
  parent_id: string | null;
  metadata: { [name: string]: Json };
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
};

/** A document that the agent may read with `read_document`. */
export type TaskDocument = {
  name: string;
  media_type?: string | undefined;
  text: string;
};

/** A task to perform. Only `input` is required. */
export type TaskRequest = {
  input: string | {
    text: string;
    documents?: TaskDocument[] | undefined;
  };
  agent?: string | undefined;
  model?: string | undefined;
  user?: string | undefined;
  feature?: string | undefined;
  session_id?: string | undefined;
  budget?: Budget | undefined;
  tools?: string[] | undefined;
  webhook_url?: string | undefined;
  run_at?: string | undefined;
  delay_ms?: number | undefined;
  priority?: "low" | "normal" | "high" | undefined;
  max_attempts?: number | undefined;
  metadata?: { [name: string]: Json } | undefined;
};

/** The last four are terminal. */
export type TaskStatus = "queued" | "running" | "waiting" | "completed" | "stopped" | "failed" | "cancelled";

/** What one group of a report spent. The members that were grouped by are there. */
export type Usage = {
  day?: string | undefined;
  user?: string | null | undefined;
  feature?: string | null | undefined;
  agent?: string | null | undefined;
  model?: string | null | undefined;
  kind?: "model" | "embedding" | "tool" | undefined;
  cost_usd: number;
  /** The part of `cost_usd` that is a worst case, not known to have been billed. */
  unconfirmed_usd: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  calls: number;
};

export type UsageReport = {
  data: Usage[];
  /** Send it as `cursor` for the next page; null: there is none. */
  next_cursor: string | null;
  /** Of all pages together. */
  total: {
    cost_usd: number;
    /** The part of `cost_usd` that is a worst case, not known to have been billed. */
    unconfirmed_usd: number;
    input_tokens: number;
    output_tokens: number;
    cache_read_tokens: number;
    cache_write_tokens: number;
    calls: number;
  };
};

/** What a waiting task waits for. */
export type WaitingFor = "retry" | "approval" | "reply" | "children" | "timer" | "capacity" | "budget" | "session";

/** What a webhook carries (Standard Webhooks). */
export type WebhookBody = {
  type: "task.completed" | "task.stopped" | "task.failed" | "task.cancelled" | "task.waiting";
  timestamp: string;
  data: Task;
};

/** A worker process that lives. */
export type Worker = {
  id: string;
  host: string;
  since: string;
  seen_at: string;
  /** Tasks that it performs right now. */
  running: number;
  concurrency: number;
  lanes: ("high" | "normal" | "low" | "quarantine" | "webhooks")[];
};
