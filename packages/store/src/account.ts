/** The accounts that a call is paid from, as the scripts take them. */
import { key } from "./keys.ts";
import type { ScriptArgument } from "./scripts.ts";

export type Account = {
  /** The key of the hash {spent, held}; an account with windows has one for each window. */
  key: string;
  /** Where a limit set by hand would stand, and under which window; '' where none can be set. */
  limitKey: string;
  window: string;
  /** The limit where none is set. */
  limitNanoUsd: number;
  /** When the window is over, by Redis' clock; 0: never. */
  endsAtMs: number;
};

/** The task's own `max_cost_usd`. */
export function taskAccount(tenant: string, task: string, limitNanoUsd: number): Account {
  return { key: key(tenant, "taskAccount", task), limitKey: "", window: "", limitNanoUsd, endsAtMs: 0 };
}

export function accountArguments(accounts: readonly Account[]): ScriptArgument[] {
  return [
    accounts.length,
    ...accounts.flatMap(({ key, limitKey, window, limitNanoUsd, endsAtMs }) => [
      key,
      limitKey,
      window,
      limitNanoUsd,
      endsAtMs,
    ]),
  ];
}
