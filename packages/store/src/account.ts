/**
 * The accounts that a call is paid from, as the scripts take them. Every account counts what it spends by the hour,
 * the day, the month and in all; a limit may stand on each of them: the one set by hand, else the configured one.
 */
import { BudgetScope, type ScopeLimit, type WindowName, type Windows } from "@pawl/protocol";
import { key, unshardedKey } from "./keys.ts";
import type { Store } from "./store.ts";

export type Account = {
  scope: BudgetScope;
  id: string;
  /** Limits that hold where none was set by hand. */
  configured: Partial<Record<WindowName, ScopeLimit>>;
};

/** What a hold is taken under. */
export type Terms = {
  /** As the caller's clock and zone name them; Redis' own clock decides whether they are over. */
  windows: Windows;
  /** The task's own `max_cost_usd`. */
  ownLimitNanoUsd: number;
  accounts: readonly Account[];
};

/** The accounts that a task's calls are paid from, beside its own. */
export function scopeAccounts(
  labels: { tenant: string; user: string | null; feature: string | null; session_id: string | null },
  configured: Readonly<Record<BudgetScope, Account["configured"]>>,
): Account[] {
  const accounts: Account[] = [];
  const add = (scope: BudgetScope, id: string | null) => {
    if (id !== null) accounts.push({ scope, id, configured: configured[scope] });
  };
  add("session", labels.session_id);
  add("user", labels.user);
  add("feature", labels.feature);
  add("tenant", labels.tenant);
  add("global", "global");
  return accounts;
}

/**
 * The key of one account. On a cluster the global one is counted per tenant: one script cannot reach two nodes.
 */
export function accountKey(
  store: Store,
  tenant: string,
  { scope, id }: Pick<Account, "scope" | "id">,
): string {
  if (scope === "global" && !store.address.cluster) return unshardedKey("account:global");
  return key(tenant, "account", scope === "tenant" || scope === "global" ? scope : `${scope}:${id}`);
}

/** Whose account it is; undefined where the key is none of the tenant's. */
export function targetOfAccountKey(
  store: Store,
  tenant: string,
  account: string,
): Pick<Account, "scope" | "id"> | undefined {
  for (const scope of ["tenant", "global"] as const) {
    const id = scope === "tenant" ? tenant : "global";
    if (account === accountKey(store, tenant, { scope, id })) return { scope, id };
  }
  const prefix = key(tenant, "account");
  if (!account.startsWith(prefix)) return undefined;
  const [, scope, id] = /^(session|user|feature):(.*)$/s.exec(account.slice(prefix.length)) ?? [];
  const known = BudgetScope.safeParse(scope);
  return known.success && id !== undefined ? { scope: known.data, id } : undefined;
}

/** One text, which the script works out once for many steps: see takeTerms in accounts.lua. */
export function termsArgument(store: Store, tenant: string, terms: Terms): string {
  const { hour, day, month } = terms.windows;
  const ends = `${hour.endsAtMs} ${day.endsAtMs} ${month.endsAtMs}`;
  return `${ends} ${terms.ownLimitNanoUsd}\n${accountsText(store, tenant, terms.accounts)}`;
}

type AccountsText = { store: Store; tenant: string; text: string };

/** The same accounts are named at every step of a task. */
const accountsTexts = new WeakMap<Terms["accounts"], AccountsText>();

/** The accounts' keys, a line each, and in the same order their configured limits. Labels contain no line breaks. */
function accountsText(store: Store, tenant: string, accounts: Terms["accounts"]): string {
  const known = accountsTexts.get(accounts);
  if (known !== undefined && known.store === store && known.tenant === tenant) return known.text;
  const keys = accounts.map((account) => accountKey(store, tenant, account)).join("\n");
  const configured = accounts.map((account) => configuredText(account.configured)).join("\n");
  const text = `${keys}\n\n${configured}`;
  accountsTexts.set(accounts, { store, tenant, text });
  return text;
}

/** The same limits are named by every task. */
const configuredTexts = new WeakMap<Account["configured"], string>();

/** `<window>=<terms>` joined by `;`, or `-`. */
function configuredText(configured: Account["configured"]): string {
  const known = configuredTexts.get(configured);
  if (known !== undefined) return known;
  const limits = Object.entries(configured).map(([window, limit]) => `${window}=${termsText(limit)}`);
  const text = limits.length === 0 ? "-" : limits.join(";");
  configuredTexts.set(configured, text);
  return text;
}

/** `<limit>|<soft limit, or nothing>|<refuse or wait>`, as an account keeps it. */
export function termsText({ limitNanoUsd, softNanoUsd, onExceeded }: ScopeLimit): string {
  return `${limitNanoUsd}|${softNanoUsd ?? ""}|${onExceeded}`;
}

/** undefined where it is no such text. */
export function parseTermsText(text: string): ScopeLimit | undefined {
  const [, limit, soft, onExceeded] = /^(\d+)\|(\d*)\|(refuse|wait)$/.exec(text) ?? [];
  if (limit === undefined || (onExceeded !== "refuse" && onExceeded !== "wait")) return undefined;
  return {
    limitNanoUsd: Number(limit),
    softNanoUsd: soft === undefined || soft === "" ? null : Number(soft),
    onExceeded,
  };
}
