/**
 * Speaks to the api as a tenant does: sets limits, submits tasks, reads accounts. What breaks on the way is asked
 * again, under the same key.
 */
import type { Task } from "@pawl/protocol";
import { z } from "zod";
import { sleep } from "../faults/round.ts";
import { ADMIN_KEY } from "../support/pawl-process.ts";
import type { SharedLimit, SpendingTask } from "./spending-plan.ts";

/** What came of one submit. */
export type Submitted =
  | { task: SpendingTask; kind: "accepted"; id: string }
  | { task: SpendingTask; kind: "refused"; atMs: number; retryAfterS: number | null };

const Account = z.object({
  window: z.enum(["hour", "day", "month", "total"]),
  limit_usd: z.number(),
  spent_usd: z.number(),
  held_usd: z.number(),
  left_usd: z.number(),
});

export type AccountReading = { spentNanoUsd: number; heldNanoUsd: number; limitNanoUsd: number };

export type Payer = {
  setLimit(limit: SharedLimit): Promise<void>;
  submit(task: SpendingTask): Promise<Submitted>;
  /** What GET /v1/budgets shows for the limit's scope and window. */
  readAccount(limit: SharedLimit): Promise<AccountReading>;
};

const ANSWER_TIMEOUT_MS = 15_000;

export function newPayer(options: { apiUrl: string; signal: AbortSignal }): Payer {
  const call = (method: string, path: string, more: { key?: string; body?: unknown } = {}) =>
    persistently(options, method, path, more);
  const pathOf = ({ scope, id }: SharedLimit) => `/v1/budgets/${scope}/${id}`;
  return {
    async setLimit(limit) {
      const body = { window: limit.window, limit_usd: limit.limitNanoUsd / 1e9 };
      const response = await call("PUT", pathOf(limit), { body });
      if (!response.ok) throw new Error(`PUT ${pathOf(limit)}: ${response.status} ${await response.text()}`);
      await response.body?.cancel();
    },
    async submit(task) {
      const response = await call("POST", "/v1/tasks", { key: `key-${task.marker}`, body: task.body });
      const atMs = Date.now();
      if (response.status === 429) {
        const retryAfter = response.headers.get("retry-after");
        await response.body?.cancel();
        return { task, kind: "refused", atMs, retryAfterS: retryAfter === null ? null : Number(retryAfter) };
      }
      if (response.status !== 202) throw new Error(`submit: ${response.status} ${await response.text()}`);
      const { id } = (await response.json()) as Task;
      return { task, kind: "accepted", id };
    },
    async readAccount(limit) {
      const response = await call("GET", pathOf(limit));
      if (!response.ok) throw new Error(`GET ${pathOf(limit)}: ${response.status} ${await response.text()}`);
      const { data } = z.object({ data: z.array(Account) }).parse(await response.json());
      const account = data.find(({ window }) => window === limit.window);
      if (account === undefined) throw new Error(`GET ${pathOf(limit)} shows no window ${limit.window}`);
      return {
        spentNanoUsd: nano(account.spent_usd),
        heldNanoUsd: nano(account.held_usd),
        limitNanoUsd: nano(account.limit_usd),
      };
    },
  };
}

function nano(usd: number): number {
  return Math.round(usd * 1e9);
}

/** Until the answer is neither lost nor "not now". */
async function persistently(
  { apiUrl, signal }: { apiUrl: string; signal: AbortSignal },
  method: string,
  path: string,
  { key, body }: { key?: string; body?: unknown },
): Promise<Response> {
  for (;;) {
    signal.throwIfAborted();
    const response = await fetch(apiUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        "content-type": "application/json",
        ...(key === undefined ? {} : { "idempotency-key": key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    }).catch(() => undefined);
    const isNotNow = response === undefined || response.status === 503 || response.status === 409;
    if (!isNotNow) return response;
    await response?.body?.cancel();
    await sleep(200, signal);
  }
}
