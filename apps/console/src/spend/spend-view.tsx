/** Spend: where the money went, day by day, and how much of each limit is left. */

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useSearchParams } from "wouter";
import { query, request } from "../api/request.ts";
import type { Session, UsageRow } from "../api/shapes.ts";
import { usePageTitle } from "../parts/page-title.ts";
import { Problem } from "../parts/problem.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { count, percent, shortCount, usd } from "../text/format.ts";
import { inertText } from "../text/inert-text.ts";
import { Limits } from "./limits.tsx";
import { DIMENSIONS, type Dimension, dailySpend, labelOf, RANGES, rangeOf, totals } from "./spend-report.ts";
import "./spend.css";

const SpendChart = lazy(() => import("./spend-chart.tsx"));

type Report = { data: UsageRow[]; next_cursor: string | null; total: UsageRow };

export default function SpendView({ session }: { session: Session }) {
  usePageTitle("Spend");
  const [search, setSearch] = useSearchParams();
  const range = chosen(search.get("range"), RANGES, "7d");
  const by = chosen(search.get("by"), DIMENSIONS, "model");
  const { from, to } = rangeOf(range, Date.now());
  const report = useQuery({
    queryKey: ["usage", from, to, by],
    queryFn: ({ signal }) => readAll(from, to, by, signal),
    refetchInterval: 15_000,
    placeholderData: (before) => before,
  });
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    next.set(name, value);
    setSearch(next, { replace: true });
  };
  const rows = totals(report.data?.data ?? [], by);
  const total = report.data?.total;
  return (
    <>
      <header className="head">
        <h1>Spend</h1>
        <div className="actions">
          <Choice label="Days" values={RANGES} value={range} onChoose={(value) => set("range", value)} />
          <Choice label="Split by" values={DIMENSIONS} value={by} onChoose={(value) => set("by", value)} />
        </div>
      </header>
      {report.error === null ? null : <Problem error={report.error} retry={() => void report.refetch()} />}
      {total === undefined ? null : (
        <dl className="sums">
          <Sum name="Spent" value={usd(total.cost_usd)} />
          <Sum
            name="Of that at worst case"
            value={usd(total.unconfirmed_usd)}
            note="calls whose bill was never seen"
          />
          <Sum name="Calls" value={count(total.calls)} />
          <Sum
            name="Tokens in"
            value={shortCount(total.input_tokens + total.cache_read_tokens + total.cache_write_tokens)}
            note={`${percent(total.cache_read_tokens, total.input_tokens + total.cache_read_tokens + total.cache_write_tokens)} from the cache`}
          />
          <Sum name="Tokens out" value={shortCount(total.output_tokens)} />
        </dl>
      )}
      {report.data !== undefined && rows.length === 0 ? (
        <div className="empty">
          <h2>Nothing was spent in these days</h2>
          <p>
            What tasks spend is shown here within a minute of its being spent. It stays when the tasks are
            forgotten.
          </p>
        </div>
      ) : null}
      {rows.length > 0 && report.data !== undefined ? (
        <>
          <Suspense fallback={<div className="spend-chart" />}>
            <SpendChart days={dailySpend(report.data.data, by, from, to)} by={by} />
          </Suspense>
          <WideTable label="Spend in numbers">
            <table className="by">
              <TableHead
                columns={[
                  by,
                  { number: "Spent" },
                  { number: "Share" },
                  { number: "Calls" },
                  { number: "Tokens in" },
                  { number: "Tokens out" },
                ]}
              />
              <tbody>
                {rows.map((row) => (
                  <tr key={row.name}>
                    <td className="cut">{inertText(labelOf(row.name, by))}</td>
                    <td className="number">{usd(row.costUsd)}</td>
                    <td className="number soft">{percent(row.costUsd, total?.cost_usd ?? 0)}</td>
                    <td className="number">{count(row.calls)}</td>
                    <td className="number">{shortCount(row.tokensIn)}</td>
                    <td className="number">{shortCount(row.tokensOut)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </WideTable>
        </>
      ) : null}
      <Limits session={session} />
    </>
  );
}

function Sum({ name, value, note }: { name: string; value: string; note?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="tabular">{value}</dd>
      {note === undefined ? null : <dd className="faint">{note}</dd>}
    </div>
  );
}

function Choice<Value extends string>(props: {
  label: string;
  values: readonly Value[];
  value: Value;
  onChoose: (value: Value) => void;
}) {
  const { label, values, value, onChoose } = props;
  return (
    <fieldset className="choice">
      <legend className="unseen">{label}</legend>
      {values.map((each) => (
        <button key={each} type="button" aria-pressed={each === value} onClick={() => onChoose(each)}>
          {each}
        </button>
      ))}
    </fieldset>
  );
}

function chosen<Value extends string>(given: string | null, values: readonly Value[], usual: Value): Value {
  return values.find((value) => value === given) ?? usual;
}

const MOST_PAGES = 10;

async function readAll(from: string, to: string, by: Dimension, signal: AbortSignal): Promise<Report> {
  const read = (cursor: string | null) =>
    request<Report>(`/v1/usage${query({ from, to, group_by: `day,${by}`, limit: 1000, cursor })}`, {
      signal,
    });
  const report = await read(null);
  for (let pages = 1; report.next_cursor !== null && pages < MOST_PAGES; pages++) {
    const more = await read(report.next_cursor);
    report.data.push(...more.data);
    report.next_cursor = more.next_cursor;
  }
  return report;
}
