/** Calls limit.lua: limits of accounts that are set by hand, and how an account stands in each limited window. */
import { type BudgetTarget, type ScopeLimit, WindowName, type Windows } from "@pawl/protocol";
import { type Account, accountKey, parseTermsText, termsText } from "./account.ts";
import { tenantBase } from "./keys.ts";
import type { OwedLeg } from "./queue.ts";
import { legsAt, numberAt, replyList, textAt } from "./reply.ts";
import { runScript } from "./scripts.ts";
import type { Store } from "./store.ts";

/** One window in which an account has a limit. Amounts in nano-dollars. */
export type WindowBudget = {
  window: WindowName;
  /** The one set by hand, else the configured one. */
  limit: ScopeLimit;
  spentNanoUsd: number;
  /** Of all windows: a hold counts in each of them. */
  heldNanoUsd: number;
  /** When it begins anew; 0: never. */
  endsAtMs: number;
};

/**
 * Replaces the limit of that window; those of other windows stand. It may lie below what is spent or held: then
 * nothing more is held. Safe to repeat. Returns the legs of those who waited for the money, for `enqueueLegs`.
 */
export async function setLimit(
  store: Store,
  tenant: string,
  target: BudgetTarget,
  window: WindowName,
  terms: ScopeLimit,
): Promise<OwedLeg[]> {
  const reply = await callLimit(store, tenant, target, [window, termsText(terms)]);
  return legsAt(reply, LEGS_AT);
}

/**
 * The windows that have a limit, the shortest first; those that are over by Redis' clock as they begin anew.
 * `windows` names the ends that no hold has named yet, `configured` the limits where none is set by hand.
 */
export async function readBudget(
  store: Store,
  tenant: string,
  target: BudgetTarget,
  configured: Account["configured"],
  windows: Windows,
): Promise<WindowBudget[]> {
  const reply = await callLimit(store, tenant, target, [""]);
  const limits = { ...configured, ...parseSetLimits(textAt(reply, 0)) };
  return WindowName.options.flatMap((window) => {
    const limit = limits[window];
    if (limit === undefined) return [];
    const { spent, ends } = placeOf[window];
    const endsAtMs = (ends === undefined ? 0 : numberAt(reply, ends)) || windows[window].endsAtMs;
    return [
      { window, limit, spentNanoUsd: numberAt(reply, spent), heldNanoUsd: numberAt(reply, 1), endsAtMs },
    ];
  });
}

/** Where the reply has what is spent in a window, and the window's end. */
const placeOf: Record<WindowName, { spent: number; ends?: number }> = {
  hour: { spent: 2, ends: 6 },
  day: { spent: 3, ends: 7 },
  month: { spent: 4, ends: 8 },
  total: { spent: 5 },
};
const LEGS_AT = 9;

async function callLimit(store: Store, tenant: string, target: BudgetTarget, set: readonly string[]) {
  const argv = [accountKey(store, tenant, target), ...set];
  return replyList(await runScript(store.redis, store.scripts.limit, tenantBase(tenant), argv));
}

function parseSetLimits(text: string): Account["configured"] {
  if (text === "-") return {};
  return Object.fromEntries(
    text.split(";").map((part) => {
      const [window, terms = ""] = part.split("=");
      const limit = parseTermsText(terms);
      // To leave it out would show a limit that is not the one that holds.
      if (limit === undefined) throw new TypeError(`an account has a limit of unknown form: ${part}`);
      return [WindowName.parse(window), limit];
    }),
  );
}
