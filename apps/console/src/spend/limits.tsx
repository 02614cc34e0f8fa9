/** The limits of money that stand beside a task's own: what is spent, what is held by calls under way, what is left. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { type Page, query, request } from "../api/request.ts";
import type {
  BudgetOnTheWire,
  Budgets,
  BudgetTarget,
  LimitedScope,
  Session,
  UsageRow,
} from "../api/shapes.ts";
import { TableHead } from "../parts/table-head.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { usd } from "../text/format.ts";
import { oneLine } from "../text/inert-text.ts";
import { rangeOf } from "./spend-report.ts";

const MOST_USERS = 8;

export function Limits({ session }: { session: Session }) {
  const { from, to } = rangeOf("1d", Date.now());
  const users = useQuery({
    queryKey: ["usage-users", from],
    queryFn: ({ signal }) =>
      request<{ data: UsageRow[] }>(`/v1/usage${query({ from, to, group_by: "user", limit: 100 })}`, {
        signal,
      }),
    refetchInterval: 15_000,
  });
  const dearest = (users.data?.data ?? [])
    .filter(({ user }) => user != null)
    .sort((a, b) => b.cost_usd - a.cost_usd)
    .slice(0, MOST_USERS)
    .map(({ user }): BudgetTarget => ({ scope: "user", id: String(user) }));
  const limited = useQuery({
    queryKey: ["budgets"],
    queryFn: ({ signal }) => request<Page<LimitedScope>>("/v1/budgets?limit=100", { signal }),
    refetchInterval: 5_000,
  });
  const named: BudgetTarget[] = [
    ...(isOperator(session) ? [{ scope: "global", id: "global" } as const] : []),
    { scope: "tenant", id: session.tenant },
    ...dearest,
  ];
  const set = limited.data?.data ?? [];
  const targets = named.filter(
    (target) => !set.some(({ scope, id }) => scope === target.scope && id === target.id),
  );
  const budgets = useQueries({
    queries: targets.map((target) => ({
      queryKey: ["budget", target.scope, target.id],
      queryFn: ({ signal }: { signal: AbortSignal }) => request<Budgets>(budgetPath(target), { signal }),
      refetchInterval: 5_000,
    })),
  });
  const configured = targets.flatMap((target, index) =>
    (budgets[index]?.data?.data ?? []).map((budget) => ({ target, budget })),
  );
  const byHand = set.flatMap((target) => target.windows.map((budget) => ({ target, budget })));
  const rows = [...byHand, ...configured];
  return (
    <section className="section">
      <header>
        <h2>Limits</h2>
        <span className="faint">
          those set by hand, and what holds for who spent most today; set them under Settings
        </span>
      </header>
      {rows.length === 0 ? (
        <p className="soft">No limit beside the tasks' own.</p>
      ) : (
        <WideTable label="Limits">
          <BudgetTable rows={rows} />
        </WideTable>
      )}
    </section>
  );
}

export function BudgetTable({ rows }: { rows: { target: BudgetTarget; budget: BudgetOnTheWire }[] }) {
  return (
    <table className="limits">
      <TableHead
        columns={[
          "Whose",
          "Per",
          { unseen: "How much of it is used" },
          { number: "Limit" },
          { number: "Spent" },
          { number: "Held" },
          { number: "Left" },
          "When spent",
        ]}
      />
      <tbody>
        {rows.map(({ target, budget }) => (
          <tr key={`${target.scope} ${target.id} ${budget.window}`}>
            <td className="cut">
              {target.scope} {target.scope === "global" ? "" : oneLine(target.id, 60)}
            </td>
            <td>{budget.window}</td>
            <td>
              <Meter budget={budget} />
            </td>
            <td className="number">{usd(budget.limit_usd)}</td>
            <td className="number">{usd(budget.spent_usd)}</td>
            <td className="number">{usd(budget.held_usd)}</td>
            <td className="number">{usd(budget.left_usd)}</td>
            <td className="soft">{budget.on_exceeded === "wait" ? "tasks wait" : "tasks are refused"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Meter({ budget }: { budget: BudgetOnTheWire }) {
  const part = (amount: number) => `${Math.min(100, (amount / Math.max(budget.limit_usd, 1e-9)) * 100)}%`;
  return (
    <span className="limit-meter" aria-hidden>
      <span
        style={{ width: part(budget.spent_usd) }}
        data-high={budget.spent_usd > budget.limit_usd * 0.8 || undefined}
      />
      <span style={{ width: part(budget.held_usd) }} data-part="held" />
    </span>
  );
}

export function budgetPath({ scope, id }: BudgetTarget): string {
  return `/v1/budgets/${scope}/${encodeURIComponent(id)}`;
}

export function isOperator(session: Session): boolean {
  return session.tenant === "default" && session.scopes.includes("admin");
}
