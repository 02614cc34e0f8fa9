/** A store on a Redis of the file's own, and what tests of the core submit to it. */
import { type EventData, newId, type WindowName, windowsAt } from "@pawl/protocol";
import {
  type Account,
  openStore,
  parseRedisAddress,
  type Store,
  type StoreOptions,
  submitTask,
  type Terms,
} from "@pawl/store";
import { afterAll } from "vitest";
import { ownRedis } from "./redis.ts";
import { limits, submission } from "./submission.ts";

export async function ownStore(options: Partial<StoreOptions> = {}): Promise<Store> {
  const { url } = await ownRedis();
  const store = await openStore({ address: parseRedisAddress(url), failFast: false, ...options });
  afterAll(() => store.close());
  return store;
}

/** Limits of nobody but the task itself; `accounts` adds others. */
export function terms(over: Partial<Terms> = {}): Terms {
  const ownLimitNanoUsd = limits().max_cost_nano_usd;
  return { windows: windowsAt(Date.now(), "UTC"), ownLimitNanoUsd, accounts: [], ...over };
}

/** A user's account with one limit. */
export function userAccount(
  id: string,
  limitNanoUsd: number,
  { window = "total", onExceeded = "refuse" }: { window?: WindowName; onExceeded?: "refuse" | "wait" } = {},
): Account {
  return { scope: "user", id, configured: { [window]: { limitNanoUsd, softNanoUsd: null, onExceeded } } };
}

/** Submits a task and returns its id. */
export async function submitted(
  store: Store,
  over: Partial<EventData<"task.submitted">> = {},
  tenant = "acme",
): Promise<string> {
  const task = newId("task", Date.now());
  await submitTask(store, { tenant, task, data: submission(over), terms: terms(), leastNanoUsd: 0 });
  return task;
}
