/** The limits of one scope: what they are now, and another one in their place. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { isMissing, query, request } from "../api/request.ts";
import type { BudgetScope, Budgets, BudgetTarget, Session } from "../api/shapes.ts";
import { Problem } from "../parts/problem.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { BudgetTable, budgetPath, isOperator } from "../spend/limits.tsx";
import "../spend/spend.css";

const WINDOWS = ["hour", "day", "month", "total"] as const;

export function BudgetEditor({ session }: { session: Session }) {
  const client = useQueryClient();
  const [target, setTarget] = useState<BudgetTarget>({ scope: "tenant", id: session.tenant });
  const [terms, setTerms] = useState({ window: "day", limit_usd: "", on_exceeded: "refuse" });
  const key = ["budget", target.scope, target.id];
  const budgets = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => request<Budgets>(budgetPath(target), { signal }),
    enabled: target.id !== "",
  });
  const set = useMutation({
    mutationFn: () =>
      request<Budgets>(budgetPath(target), {
        method: "PUT",
        body: { window: terms.window, limit_usd: Number(terms.limit_usd), on_exceeded: terms.on_exceeded },
      }),
    onSuccess: (now) => client.setQueryData(key, now),
  });
  const remove = useMutation({
    mutationFn: () =>
      request<unknown>(`${budgetPath(target)}${query({ window: terms.window })}`, { method: "DELETE" }),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
  const scopes: BudgetScope[] = [
    "tenant",
    "user",
    "feature",
    "session",
    ...(isOperator(session) ? ["global" as const] : []),
  ];
  const hasOwnId = target.scope !== "tenant" && target.scope !== "global";
  const rows = (budgets.data?.data ?? []).map((budget) => ({ target, budget }));
  return (
    <section className="section">
      <header>
        <h2>Budgets</h2>
        <span className="faint">what a session, a user, a feature or the whole tenant may spend</span>
      </header>
      <form
        className="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          set.mutate();
        }}
      >
        <div className="field">
          <label htmlFor="scope">Whose</label>
          <select
            id="scope"
            value={target.scope}
            onChange={(event) => {
              const scope = event.target.value as BudgetScope;
              setTarget({
                scope,
                id: scope === "tenant" ? session.tenant : scope === "global" ? "global" : "",
              });
            }}
          >
            {scopes.map((scope) => (
              <option key={scope}>{scope}</option>
            ))}
          </select>
        </div>
        {hasOwnId ? (
          <div className="field">
            <label htmlFor="scope-id">Which {target.scope}</label>
            <input
              id="scope-id"
              required
              value={target.id}
              onChange={(event) => setTarget({ ...target, id: event.target.value })}
            />
          </div>
        ) : null}
        <div className="field">
          <label htmlFor="window">Per</label>
          <select
            id="window"
            value={terms.window}
            onChange={(event) => setTerms({ ...terms, window: event.target.value })}
          >
            {WINDOWS.map((window) => (
              <option key={window}>{window}</option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor="limit-usd">At most, in dollars</label>
          <input
            id="limit-usd"
            type="number"
            min="0"
            step="any"
            required
            value={terms.limit_usd}
            onChange={(event) => setTerms({ ...terms, limit_usd: event.target.value })}
          />
        </div>
        <div className="field">
          <label htmlFor="on-exceeded">When it is spent</label>
          <select
            id="on-exceeded"
            value={terms.on_exceeded}
            onChange={(event) => setTerms({ ...terms, on_exceeded: event.target.value })}
          >
            <option value="refuse">refuse new tasks</option>
            <option value="wait">let them wait</option>
          </select>
        </div>
        <div className="row ends">
          <button type="submit" className="button primary" disabled={set.isPending}>
            Set limit
          </button>
          <button
            type="button"
            className="button"
            disabled={remove.isPending || target.id === ""}
            onClick={() => remove.mutate()}
          >
            Back to the default
          </button>
        </div>
      </form>
      {set.error === null ? null : <Problem error={set.error} />}
      {remove.error === null ? null : isMissing(remove.error) ? (
        <p className="soft">There is no limit of that window to take away, or this api cannot.</p>
      ) : (
        <Problem error={remove.error} />
      )}
      {budgets.error === null ? null : <Problem error={budgets.error} />}
      {rows.length > 0 ? (
        <WideTable label="Limits that are set">
          <BudgetTable rows={rows} />
        </WideTable>
      ) : budgets.data ? (
        <p className="soft">No limit is set for it.</p>
      ) : null}
    </section>
  );
}
