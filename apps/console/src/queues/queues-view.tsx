/** Queues: what waits and for how long, what is done by whom. The jobs themselves are shown by Bull Board. */

import { useQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { isNotOurs, type Page, request } from "../api/request.ts";
import type { Queue, WorkerInfo } from "../api/shapes.ts";
import { Ago } from "../parts/clock.tsx";
import { usePageTitle } from "../parts/page-title.ts";
import { Problem } from "../parts/problem.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { count, duration } from "../text/format.ts";
import { oneLine } from "../text/inert-text.ts";

const LOOK_EVERY_MS = 2_000;

export default function QueuesView() {
  usePageTitle("Queues");
  const queues = useList<Queue>("queues");
  const workers = useList<WorkerInfo>("workers");
  return (
    <>
      <header className="head">
        <h1>Queues</h1>
        <div className="actions">
          <a className="button" href="/admin/queues" target="_blank" rel="noreferrer">
            Open Bull Board
            <ExternalLink size={13} aria-hidden />
          </a>
        </div>
      </header>
      {queues.error === null ? null : isNotOurs(queues.error) ? (
        <div className="empty">
          <h2>The queues are the operator's to see</h2>
          <p>They serve all tenants at once. Log in with an admin key of the tenant "default".</p>
        </div>
      ) : (
        <Problem error={queues.error} />
      )}
      {queues.data === undefined ? null : <QueueTable queues={queues.data.data} />}
      <section className="section">
        <header>
          <h2>Workers</h2>
        </header>
        {workers.error !== null && !isNotOurs(workers.error) ? <Problem error={workers.error} /> : null}
        {workers.data === undefined ? null : <WorkerTable workers={workers.data.data} />}
      </section>
    </>
  );
}

function useList<Item>(name: string) {
  return useQuery({
    queryKey: [name],
    queryFn: ({ signal }) => request<Page<Item>>(`/v1/${name}`, { signal }),
    refetchInterval: ({ state }) => (isNotOurs(state.error) ? false : LOOK_EVERY_MS),
  });
}

function QueueTable({ queues }: { queues: Queue[] }) {
  return (
    <WideTable label="Queues">
      <table>
        <TableHead
          columns={[
            "Queue",
            { number: "Waiting" },
            { number: "Oldest waits" },
            { number: "Active" },
            { number: "Delayed" },
            { number: "Failed" },
            { number: "Done a minute" },
          ]}
        />
        <tbody>
          {queues.map((queue) => (
            <tr key={queue.name}>
              <td>{oneLine(queue.name, 60)}</td>
              <td className="number">{count(queue.waiting)}</td>
              <td className="number">
                {queue.oldest_waiting_ms == null ? (
                  <span className="faint">–</span>
                ) : (
                  duration(queue.oldest_waiting_ms)
                )}
              </td>
              <td className="number">{count(queue.active)}</td>
              <td className="number">{count(queue.delayed)}</td>
              <td className="number">{count(queue.failed)}</td>
              <td className="number">
                {queue.completed_per_minute == null ? (
                  <span className="faint">–</span>
                ) : (
                  count(queue.completed_per_minute)
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </WideTable>
  );
}

function WorkerTable({ workers }: { workers: WorkerInfo[] }) {
  if (workers.length === 0) {
    return (
      <div className="notice" data-tone="stopped">
        <p>
          No worker is alive: tasks wait. Start one with <code>npm run start:worker</code>.
        </p>
      </div>
    );
  }
  return (
    <WideTable label="Workers">
      <table>
        <TableHead columns={["Worker", "Host", "Lanes", { number: "Running" }, { number: "Since" }]} />
        <tbody>
          {workers.map((worker) => (
            <tr key={worker.id}>
              <td className="mono">{oneLine(worker.id, 60)}</td>
              <td>{oneLine(worker.host, 60)}</td>
              <td className="soft">{worker.lanes.join(", ")}</td>
              <td className="number">
                {count(worker.running)} <span className="faint">of {count(worker.concurrency)}</span>
              </td>
              <td className="number">
                <Ago at={worker.since} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </WideTable>
  );
}
