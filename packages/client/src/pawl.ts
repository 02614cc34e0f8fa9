/**
 * The client: one function for each thing that the API does. Members are named as they are on the wire. Everything takes
 * a `signal`; what goes wrong is a PawlError. It opens nothing that would have to be closed.
 */
import { type FollowOptions, followTask } from "./follow.ts";
import { type Page, type Pages, pagesOf } from "./pages.ts";
import { type Call, openSend, type PawlOptions } from "./send.ts";
import type {
  Agent,
  ApiKey,
  ApiKeyRequest,
  BudgetLimitRequest,
  BudgetScope,
  Budgets,
  BudgetWindow,
  Delivery,
  Event,
  GuardCheckRequest,
  GuardVerdict,
  ListedBudget,
  Me,
  NewApiKey,
  Overview,
  Queue,
  ResumeRequest,
  Task,
  TaskRequest,
  Usage,
  UsageReport,
  Worker,
} from "./wire.ts";

export type CallOptions = { signal?: AbortSignal | undefined };
export type ListOptions = CallOptions & {
  /** How many a page has at most. */
  limit?: number | undefined;
};
export type KeyedOptions = CallOptions & {
  /**
   * Makes the request safe to repeat, by this client and by a later one. Default: one of its own, which makes this call's
   * repetitions safe.
   */
  idempotencyKey?: string | undefined;
};
export type SubmitOptions = KeyedOptions & {
  /** How long the API may wait for the task's end with its answer; 60 at most. */
  waitS?: number | undefined;
};
export type WaitOptions = CallOptions & Pick<FollowOptions, "idleTimeoutMs" | "giveUpAfterMs">;

export type TaskFilters = {
  [Name in "user" | "feature" | "agent" | "session_id"]?: string | undefined;
} & { status?: Task["status"] | undefined; stop_reason?: NonNullable<Task["stop_reason"]> | undefined };

export type UsageQuery = {
  /** `2026-11-22`, both included. */
  from?: string | undefined;
  to?: string | undefined;
  group_by?: readonly ("day" | "user" | "feature" | "agent" | "model" | "kind")[] | undefined;
  user?: string | undefined;
  feature?: string | undefined;
  agent?: string | undefined;
  model?: string | undefined;
  kind?: "model" | "embedding" | "tool" | undefined;
};

export type Pawl = ReturnType<typeof createPawl>;

/**
 * ```ts
 * import { createPawl } from "@pawl/client";
 *
 * const pawl = createPawl({ baseUrl: process.env.PAWL ?? "", apiKey: process.env.PAWL_KEY ?? "" });
 * const task = await pawl.run({ input: "What is 12 * (3 + 4)?", budget: { max_cost_usd: 0.1 } });
 * console.log(task.status, task.result?.text, task.cost.usd);
 * ```
 */
export function createPawl(options: PawlOptions) {
  const send = openSend(options);
  const get = <Body>(path: string, { signal }: CallOptions, query?: Call["query"]) =>
    send.json<Body>({ path, query, signal });
  const list = <Item>(path: string, { signal, limit }: ListOptions, query?: Call["query"]): Pages<Item> =>
    pagesOf((cursor) => get<Page<Item>>(path, { signal }, { ...query, limit, cursor }));

  async function submit(request: TaskRequest, options: SubmitOptions = {}): Promise<Task> {
    const { signal, waitS, idempotencyKey = newIdempotencyKey() } = options;
    return send.json<Task>({
      method: "POST",
      path: "/v1/tasks",
      body: request,
      headers: {
        "idempotency-key": idempotencyKey,
        ...(waitS === undefined ? {} : { prefer: `wait=${Math.ceil(waitS)}` }),
      },
      isRepeatable: true,
      waitMs: (waitS ?? 0) * 1000,
      signal,
    });
  }

  async function wait(id: string, options: WaitOptions = {}): Promise<Task> {
    for (;;) {
      for await (const _event of followTask(send, id, options));
      const task = await get<Task>(taskPath(id), options);
      // Somebody may have taken it up again between the two.
      if (task.finished_at !== null) return task;
    }
  }

  return {
    /**
     * Submits a task and returns it as it was accepted, or as it ended where that was within `waitS`. Repeated safely
     * where a connection breaks: it carries an Idempotency-Key.
     *
     * ```ts
     * import { createPawl } from "@pawl/client";
     *
     * const pawl = createPawl({ baseUrl: process.env.PAWL ?? "", apiKey: process.env.PAWL_KEY ?? "" });
     * const task = await pawl.submit({ input: "What is 6 * 7?", user: "C-1042" });
     * console.log(task.id, task.status);
     * ```
     */
    submit,

    /** The task as it stands. */
    get: (id: string, options: CallOptions = {}) => get<Task>(taskPath(id), options),

    /** Resolves with the task once it has ended, however it did. */
    wait,

    /** Submits a task and waits for its end. */
    async run(request: TaskRequest, options: KeyedOptions & WaitOptions = {}): Promise<Task> {
      const task = await submit(request, options);
      return wait(task.id, options);
    },

    /**
     * Every event of the task, in order, once each, until it has ended; over as many connections as it takes.
     *
     * ```ts
     * import { createPawl } from "@pawl/client";
     *
     * const pawl = createPawl({ baseUrl: process.env.PAWL ?? "", apiKey: process.env.PAWL_KEY ?? "" });
     * const { id } = await pawl.submit({ input: "What is 6 * 7?" });
     * for await (const event of pawl.stream(id, { signal: AbortSignal.timeout(60_000) })) {
     *   console.log(event.seq, event.type);
     * }
     * ```
     */
    stream: (id: string, options: FollowOptions = {}) => followTask(send, id, options),

    /** The events that are there, without waiting for more. */
    events: (id: string, { after, ...options }: ListOptions & { after?: number | undefined } = {}) =>
      pagesOf<Event>((cursor) =>
        get<Page<Event>>(`${taskPath(id)}/events`, options, {
          limit: options.limit,
          cursor,
          after: cursor === null ? after : undefined,
        }),
      ),

    /** Ends the task at once. One that is cancelled already is returned; one that has ended otherwise is a `conflict`. */
    cancel: (id: string, { signal }: CallOptions = {}) =>
      send.json<Task>({ method: "POST", path: `${taskPath(id)}/cancel`, isRepeatable: true, signal }),

    /**
     * Takes a stopped or failed task up again; where a limit had stopped it, that limit must be raised.
     *
     * ```ts
     * import { createPawl, PawlError } from "@pawl/client";
     *
     * const pawl = createPawl({ baseUrl: process.env.PAWL ?? "", apiKey: process.env.PAWL_KEY ?? "" });
     * const { id } = await pawl.run({ input: "What is 6 * 7?" });
     * try {
     *   await pawl.resume(id, { budget: { max_cost_usd: 0.5 } });
     * } catch (error) {
     *   // What is completed is done.
     *   if (!(error instanceof PawlError) || error.code !== "conflict") throw error;
     *   console.log(error.status, error.message);
     * }
     * ```
     */
    resume: (id: string, request: ResumeRequest = {}, options: KeyedOptions = {}) =>
      send.json<Task>({
        method: "POST",
        path: `${taskPath(id)}/resume`,
        body: request,
        headers: { "idempotency-key": options.idempotencyKey ?? newIdempotencyKey() },
        isRepeatable: true,
        signal: options.signal,
      }),

    /**
     * Tasks, the newest first.
     *
     * ```ts
     * import { createPawl } from "@pawl/client";
     *
     * const pawl = createPawl({ baseUrl: process.env.PAWL ?? "", apiKey: process.env.PAWL_KEY ?? "" });
     * for await (const task of pawl.tasks({ status: "failed", user: "C-1042" })) {
     *   console.log(task.id, task.error?.message);
     * }
     * ```
     */
    tasks: (filters: TaskFilters = {}, options: ListOptions = {}) =>
      list<Task>("/v1/tasks", options, filters),

    /** What was spent, by what it is grouped by: by default the present month, by day. */
    usage: ({ group_by, ...query }: UsageQuery = {}, { signal, limit }: ListOptions = {}) =>
      pagesOf<Usage, UsageReport>((cursor) =>
        get<UsageReport>("/v1/usage", { signal }, { ...query, group_by: group_by?.join(","), limit, cursor }),
      ),

    /** The budgets that have a limit set by hand. */
    budgets: (options: ListOptions = {}) => list<ListedBudget>("/v1/budgets", options),

    /** How a budget stands in every window that has a limit. */
    budget: async (scope: BudgetScope, id: string, options: CallOptions = {}): Promise<BudgetWindow[]> =>
      (await get<Budgets>(budgetPath(scope, id), options)).data,

    /** Sets the limit of one window, and returns how the budget stands. */
    setBudget: async (
      scope: BudgetScope,
      id: string,
      limit: BudgetLimitRequest,
      { signal }: CallOptions = {},
    ): Promise<BudgetWindow[]> => {
      const call = { method: "PUT", path: budgetPath(scope, id), body: limit, signal } as const;
      return (await send.json<Budgets>(call)).data;
    },

    /** Takes away the limit of one window that was set by hand; the configured one holds again, or none. */
    removeBudget: async (
      scope: BudgetScope,
      id: string,
      window: BudgetLimitRequest["window"],
      { signal }: CallOptions = {},
    ): Promise<BudgetWindow[]> => {
      const call = { method: "DELETE", path: budgetPath(scope, id), query: { window }, signal } as const;
      return (await send.json<Budgets>(call)).data;
    },

    /** Webhook deliveries, the newest first; those of one task, or all. */
    deliveries: (filters: { task?: string | undefined } = {}, options: ListOptions = {}) =>
      list<Delivery>("/v1/deliveries", options, filters),

    delivery: (id: string, options: CallOptions = {}) =>
      get<Delivery>(`/v1/deliveries/${encodeURIComponent(id)}`, options),

    /** Sends a webhook again, under the same `webhook-id`. Not repeated by itself: each request is another round. */
    redeliver: (id: string, { signal }: CallOptions = {}) =>
      send.json<Delivery>({
        method: "POST",
        path: `/v1/deliveries/${encodeURIComponent(id)}/redeliver`,
        signal,
      }),

    /** The agents that tasks may name. */
    agents: (options: CallOptions = {}) => pagesOf(() => get<Page<Agent>>("/v1/agents", options)),

    /** What the guards say of a text, under one's own policy. Nothing is stored. */
    checkText: (request: GuardCheckRequest, { signal }: CallOptions = {}) =>
      send.json<GuardVerdict>({
        method: "POST",
        path: "/v1/guardrails/check",
        body: request,
        isRepeatable: true,
        signal,
      }),

    /** How many tasks have each status. */
    overview: (options: CallOptions = {}) => get<Overview>("/v1/overview", options),

    /** How the queues stand. The operator's. */
    queues: (options: CallOptions = {}) => pagesOf(() => get<Page<Queue>>("/v1/queues", options)),

    /** The workers that live. The operator's. */
    workers: (options: CallOptions = {}) => pagesOf(() => get<Page<Worker>>("/v1/workers", options)),

    /** Whose key this is. */
    me: (options: CallOptions = {}) => get<Me>("/v1/me", options),

    /** API keys without the keys. An admin's. */
    apiKeys: (filters: { tenant?: string | undefined } = {}, options: ListOptions = {}) =>
      list<ApiKey>("/v1/api-keys", options, filters),

    /** Makes a key, shown this once. Not repeated by itself: each request makes another one. */
    createApiKey: (request: ApiKeyRequest, { signal }: CallOptions = {}) =>
      send.json<NewApiKey>({ method: "POST", path: "/v1/api-keys", body: request, signal }),

    /** Takes a key away. One that is gone already is a `not_found`. */
    deleteApiKey: (id: string, { signal }: CallOptions = {}) =>
      send.json<void>({ method: "DELETE", path: `/v1/api-keys/${encodeURIComponent(id)}`, signal }),
  };
}

function taskPath(id: string): string {
  return `/v1/tasks/${encodeURIComponent(id)}`;
}

function budgetPath(scope: BudgetScope, id: string): string {
  return `/v1/budgets/${scope}/${encodeURIComponent(id)}`;
}

/** 128 random bits. Not `randomUUID`: browsers have it on https only. */
function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
