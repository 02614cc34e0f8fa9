/** Calls limit.lua: limits of accounts that are set by hand, and how an account stands in each limited window. */
import {
  type BudgetTarget,
  type LimitSource,
  type ScopeLimit,
  WindowName,
  type Windows,
} from "@pawl/protocol";
import { type Account, accountKey, parseTermsText, targetOfAccountKey, termsText } from "./account.ts";
import { key, tenantBase } from "./keys.ts";
import type { OwedLeg } from "./queue.ts";
import { legsAt, numberAt, replyList, textAt } from "./reply.ts";
import { runScript } from "./scripts.ts";
import type { Store } from "./store.ts";

/** One window in which an account has a limit. Amounts in nano-dollars. */
export type WindowBudget = {
  window: WindowName;
  /** The one set by hand, else the configured one. */
  limit: ScopeLimit;
  source: LimitSource;
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

/** Takes the limit set by hand away; the configured one holds again, or none. As `setLimit` in all else. */
export async function removeLimit(
  store: Store,
  tenant: string,
  target: BudgetTarget,
  window: WindowName,
): Promise<OwedLeg[]> {
  return legsAt(await callLimit(store, tenant, target, [window, "-"]), LEGS_AT);
}

/** The budgets that have a limit set by hand, after `cursor`, in the order of their keys. */
export async function listLimited(
  store: Store,
  { tenant, limit, cursor }: { tenant: string; limit: number; cursor: BudgetTarget | null },
): Promise<{ targets: BudgetTarget[]; next: BudgetTarget | null }> {
  const min = cursor === null ? "-" : `(${accountKey(store, tenant, cursor)}`;
  const limited = key(tenant, "limited");
  const keys = await store.redis.zrangebylex(limited, min, "+", "LIMIT", 0, limit + 1);
  const targets = keys.slice(0, limit).flatMap((each) => targetOfAccountKey(store, tenant, each) ?? []);
  return { targets, next: keys.length > limit ? (targets.at(-1) ?? null) : null };
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
  const set = parseSetLimits(textAt(reply, 0));
  const limits = { ...configured, ...set };
  return WindowName.options.flatMap((window) => {
    const limit = limits[window];
    if (limit === undefined) return [];
    const { spent, ends } = placeOf[window];
    const endsAtMs = (ends === undefined ? 0 : numberAt(reply, ends)) || windows[window].endsAtMs;
    const source = set[window] === undefined ? "config" : "set";
    const [spentNanoUsd, heldNanoUsd] = [numberAt(reply, spent), numberAt(reply, 1)];
    return [{ window, limit, source, spentNanoUsd, heldNanoUsd, endsAtMs }];
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
