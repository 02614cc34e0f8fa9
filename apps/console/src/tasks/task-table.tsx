/** The table of tasks. Only the rows in sight exist: ten thousand tasks scroll like twenty. */

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import { Link, useLocation } from "wouter";
import type { Task } from "../api/shapes.ts";
import { Ago, useNowMs } from "../parts/clock.tsx";
import { State } from "../parts/state.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { duration, shortCount, usd } from "../text/format.ts";
import { oneLine } from "../text/inert-text.ts";
import { isLive } from "./task-list.ts";

const ROW_PX = 34;
const NARROW_ROW_PX = 76;
const LOAD_AHEAD = 40;
const narrow = matchMedia("(max-width: 760px)");

export function TaskTable(props: { tasks: Task[]; hasMore: boolean; loadMore: () => void }) {
  const { tasks, hasMore, loadMore } = props;
  const isNarrow = useSyncExternalStore(onNarrow, () => narrow.matches);
  const table = useRef<HTMLTableElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => setScrollMargin(table.current?.offsetTop ?? 0), []);
  const rowPx = isNarrow ? NARROW_ROW_PX : ROW_PX;
  const rows = useWindowVirtualizer({
    count: tasks.length,
    estimateSize: () => rowPx,
    getItemKey: (index) => tasks[index]?.id ?? index,
    overscan: 12,
    scrollMargin,
  });
  const shown = rows.getVirtualItems();
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are measured anew
  useEffect(() => {
    rows.measure();
  }, [rows, rowPx]);
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= tasks.length - LOAD_AHEAD) loadMore();
  }, [hasMore, last, tasks.length, loadMore]);

  const above = (shown[0]?.start ?? scrollMargin) - scrollMargin;
  const below = rows.getTotalSize() - ((shown.at(-1)?.end ?? scrollMargin) - scrollMargin);
  return (
    <table className="tasks" ref={table} aria-rowcount={hasMore ? -1 : tasks.length + 1}>
      <TableHead
        columns={[
          "Status",
          "Task",
          "Agent",
          "User",
          "Outcome",
          { number: "Steps" },
          { number: "Tokens" },
          { number: "Cost" },
          { number: "Time" },
          { number: "Created" },
        ]}
      />
      <tbody>
        <Gap px={above} />
        {shown.map(({ index, key }) => {
          const task = tasks[index];
          return task === undefined ? null : <Row key={key} task={task} index={index} />;
        })}
        <Gap px={below} />
      </tbody>
    </table>
  );
}

function onNarrow(listener: () => void): () => void {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
}

function Gap({ px }: { px: number }) {
  return px <= 0 ? null : (
    <tr aria-hidden className="gap">
      <td colSpan={10} style={{ height: px, padding: 0, border: 0 }} />
    </tr>
  );
}

const Row = memo(function Row({ task, index }: { task: Task; index: number }) {
  const [, navigate] = useLocation();
  const href = `/tasks/${task.id}`;
  const note =
    task.status === "waiting" ? task.waiting_for : task.status === "stopped" ? task.stop_reason : null;
  const tokens =
    task.usage.input_tokens +
    task.usage.cache_read_tokens +
    task.usage.cache_write_tokens +
    task.usage.output_tokens;
  const share = Math.min(1, task.cost.usd / task.budget.max_cost_usd);
  return (
    // The link inside is what keyboards and readers use; a press anywhere on the row is a convenience beside it.
    <tr aria-rowindex={index + 2} onClick={() => navigate(href)}>
      <td className="c-state">
        <State state={task.status} note={note} />
      </td>
      <td className="c-id mono">
        <Link href={href} onClick={(event) => event.stopPropagation()} title={task.id}>
          …{task.id.slice(-8)}
        </Link>
      </td>
      <td className="c-agent cut">{oneLine(task.agent, 60)}</td>
      <td className="c-user cut">
        {task.user === null ? <span className="faint">–</span> : oneLine(task.user, 60)}
      </td>
      <td className="c-outcome cut soft">{outcomeOf(task)}</td>
      <td className="c-steps number">{task.steps}</td>
      <td className="c-tokens number">{shortCount(tokens)}</td>
      <td className="c-cost number" title={`of ${usd(task.budget.max_cost_usd)}`}>
        {usd(task.cost.usd)}
        <span className="share" aria-hidden>
          <span style={{ width: `${share * 100}%` }} data-high={share > 0.8 || undefined} />
        </span>
      </td>
      <td className="c-time number">
        <Took task={task} />
      </td>
      <td className="c-created number soft">
        <Ago at={task.created_at} />
      </td>
    </tr>
  );
});

function outcomeOf(task: Task): string {
  if (task.error !== null) return oneLine(task.error.message, 160);
  if (task.status === "stopped" && task.degraded !== null) return oneLine(task.degraded.message, 160);
  return task.result === null ? "" : oneLine(task.result.text, 160);
}

function Took({ task }: { task: Task }) {
  if (task.started_at === null) return <span className="faint">–</span>;
  const startMs = Date.parse(task.started_at);
  if (isLive(task)) return <Running sinceMs={startMs} />;
  return duration(Date.parse(task.finished_at ?? task.started_at) - startMs);
}

function Running({ sinceMs }: { sinceMs: number }) {
  return duration(useNowMs() - sinceMs);
}
