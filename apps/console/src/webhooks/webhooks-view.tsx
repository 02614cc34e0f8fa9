/** Webhooks: every delivery, what became of it, and sending it again. */

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { Link } from "wouter";
import { type Page, query, request } from "../api/request.ts";
import type { Delivery } from "../api/shapes.ts";
import { Ago } from "../parts/clock.tsx";
import { usePageTitle } from "../parts/page-title.ts";
import { Problem } from "../parts/problem.tsx";
import { State } from "../parts/state.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { duration } from "../text/format.ts";
import { oneLine } from "../text/inert-text.ts";
import "./webhooks.css";

const LOOK_EVERY_MS = 3_000;
const DELIVERIES = ["deliveries"];

export default function WebhooksView() {
  usePageTitle("Webhooks");
  const client = useQueryClient();
  const deliveries = useInfiniteQuery({
    queryKey: DELIVERIES,
    queryFn: ({ pageParam, signal }) =>
      request<Page<Delivery>>(`/v1/deliveries${query({ limit: 50, cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: LOOK_EVERY_MS,
  });
  const again = useMutation({
    mutationFn: (id: string) => request<Delivery>(`/v1/deliveries/${id}/redeliver`, { method: "POST" }),
    onSettled: () => client.invalidateQueries({ queryKey: DELIVERIES }),
  });
  const rows = deliveries.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <>
      <header className="head">
        <h1>Webhooks</h1>
      </header>
      {deliveries.error === null ? null : <Problem error={deliveries.error} />}
      {again.error === null ? null : <Problem error={again.error} />}
      <p className="unseen" role="status">
        {again.data ? `Delivery ${again.data.id} is sent again` : ""}
      </p>
      {deliveries.data !== undefined && rows.length === 0 ? (
        <div className="empty">
          <h2>Nothing was sent yet</h2>
          <p>
            A task submitted with <code>webhook_url</code> tells that address how it ended, signed, and for
            three days if need be. An address on a private network must be allowed first:{" "}
            <code>PAWL_EGRESS_ALLOW</code>.
          </p>
        </div>
      ) : null}
      {rows.length === 0 ? null : (
        <table className="deliveries">
          <TableHead
            columns={[
              "State",
              "Event",
              "Task",
              "To",
              "Last answer",
              { number: "Tries" },
              { number: "Last try" },
              { unseen: "Actions" },
            ]}
          />
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <td className="c-state">
                  <State state={row.state} />
                </td>
                <td className="c-event mono">{oneLine(row.type, 40)}</td>
                <td className="c-task mono">
                  <Link href={`/tasks/${row.task_id}`}>…{row.task_id.slice(-8)}</Link>
                </td>
                <td className="c-url cut" title={oneLine(row.url ?? "", 300)}>
                  {oneLine(row.url ?? "task no longer kept", 120)}
                </td>
                <td className="c-answer cut soft">{answerOf(row)}</td>
                <td className="c-tries number">{row.tries}</td>
                <td className="c-last number soft">
                  <Ago at={row.last_try_at} />
                </td>
                <td className="c-again">
                  <button
                    type="button"
                    className="button small"
                    disabled={again.isPending && again.variables === row.id}
                    onClick={() => again.mutate(row.id)}
                    aria-label={`Send again: delivery ${row.id}`}
                  >
                    <RotateCw size={12} aria-hidden />
                    Send again
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {deliveries.hasNextPage ? (
        <button
          type="button"
          className="button"
          style={{ marginTop: 12 }}
          disabled={deliveries.isFetchingNextPage}
          onClick={() => void deliveries.fetchNextPage()}
        >
          Older deliveries
        </button>
      ) : null}
    </>
  );
}

function answerOf({ last_try, state, next_at }: Delivery): string {
  if (last_try === null) return state === "pending" ? "being sent" : "";
  const answer =
    last_try.status === null ? oneLine(last_try.error ?? "no answer", 100) : `HTTP ${last_try.status}`;
  const next = state === "pending" && next_at !== null ? ", will be tried again" : "";
  return `${answer} after ${duration(last_try.duration_ms)}${next}`;
}
