/** One task: what it is, how far it may go, and everything that happened to it, as it happens. */
import { Tabs } from "@base-ui/react/tabs";
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft } from "lucide-react";
import { useEffect, useMemo } from "react";
import { Link, useSearchParams } from "wouter";
import { isMissing, request } from "../api/request.ts";
import type { Task } from "../api/shapes.ts";
import { Ago } from "../parts/clock.tsx";
import { usePageTitle } from "../parts/page-title.ts";
import { Problem } from "../parts/problem.tsx";
import { State } from "../parts/state.tsx";
import { usd, words } from "../text/format.ts";
import { inertText, oneLine } from "../text/inert-text.ts";
import { BudgetGauges } from "./budget-gauges.tsx";
import { Conversation } from "./conversation.tsx";
import { objectOf, textIn } from "./event-data.ts";
import { RawEvents } from "./raw-events.tsx";
import { TaskActions } from "./task-actions.tsx";
import { TimelineChart } from "./timeline-chart.tsx";
import { timelineOf } from "./timeline-model.ts";
import { useJournal } from "./use-journal.ts";
import "./task.css";

const LOOK_EVERY_MS = 2_000;

export default function TaskView({ id }: { id: string }) {
  usePageTitle(`Task …${id.slice(-8)}`);
  const [search, setSearch] = useSearchParams();
  const journal = useJournal(id);
  const { events } = journal;
  const task = useQuery({
    queryKey: ["task", id],
    queryFn: ({ signal }) => request<Task>(`/v1/tasks/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.finished_at == null ? LOOK_EVERY_MS : false),
  });
  const { refetch } = task;
  const seq = events.at(-1)?.seq ?? 0;
  useEffect(() => {
    if (seq > 0) void refetch();
  }, [seq, refetch]);
  const timeline = useMemo(() => timelineOf(events), [events]);
  const input = textIn(objectOf(events[0]?.data.input), "text");
  const view = search.get("view") ?? "timeline";

  if (isMissing(task.error) || journal.problem?.status === 404) {
    return (
      <div className="empty">
        <h1>No such task</h1>
        <p>It may belong to another tenant, or its time of keeping is over.</p>
        <Link href="/tasks" className="button">
          All tasks
        </Link>
      </div>
    );
  }
  return (
    <>
      <Link href="/tasks" className="back">
        <ChevronLeft size={14} aria-hidden />
        Tasks
      </Link>
      <header className="head task-head">
        <div className="title">
          <h1 className="cut" title={inertText(input.slice(0, 500))}>
            {oneLine(input, 140) || "Task"}
          </h1>
          <div className="row soft">
            {task.data ? <State state={task.data.status} note={noteOf(task.data)} /> : null}
            <code className="id">{id}</code>
            {journal.state === "lost" ? <span className="faint">connection lost, trying again…</span> : null}
          </div>
        </div>
        {task.data ? <TaskActions task={task.data} onResumed={journal.goOn} /> : null}
      </header>
      {task.error !== null && task.data === undefined ? (
        <Problem error={task.error} retry={() => void task.refetch()} />
      ) : null}
      {journal.problem === null ? null : <Problem error={journal.problem} />}
      {task.data ? (
        <>
          <Ending task={task.data} />
          <Facts task={task.data} />
          <BudgetGauges task={task.data} timeline={timeline} />
        </>
      ) : null}
      <Tabs.Root
        value={view}
        onValueChange={(next) =>
          setSearch(
            (now) => {
              const params = new URLSearchParams(now);
              params.set("view", String(next));
              return params;
            },
            { replace: true },
          )
        }
      >
        <Tabs.List className="tabs" aria-label="Views of the task">
          <Tabs.Tab value="timeline">Timeline</Tabs.Tab>
          <Tabs.Tab value="conversation">Conversation</Tabs.Tab>
          <Tabs.Tab value="events">
            Events <span className="faint tabular">{events.length}</span>
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="timeline">
          <TimelineChart timeline={timeline} events={events} draft={journal.draft} />
        </Tabs.Panel>
        <Tabs.Panel value="conversation">
          <Conversation events={events} draft={journal.draft} />
        </Tabs.Panel>
        <Tabs.Panel value="events">
          <RawEvents events={events} />
        </Tabs.Panel>
      </Tabs.Root>
    </>
  );
}

function noteOf(task: Task): string | null {
  return task.status === "waiting"
    ? task.waiting_for
    : task.stop_reason === "end_turn"
      ? null
      : task.stop_reason;
}

/** Why it ended, where it did not end by itself. */
function Ending({ task }: { task: Task }) {
  const text = task.error?.message ?? task.degraded?.message;
  if (text === undefined) return null;
  const tone = task.status === "failed" ? "failed" : task.status === "stopped" ? "stopped" : "waiting";
  return (
    <div className="notice" data-tone={tone} style={{ marginBottom: 12 }}>
      <p>{oneLine(text, 400)}</p>
    </div>
  );
}

function Facts({ task }: { task: Task }) {
  const facts: [string, string | null][] = [
    ["Agent", task.agent],
    ["Model", task.model_provider === null ? task.model : `${task.model} (${task.model_provider})`],
    ["User", task.user],
    ["Feature", task.feature],
    ["Session", task.session_id],
    ["Attempts", String(task.attempts)],
    ["Tools", task.cost.by_kind.tool > 0 ? `${usd(task.cost.by_kind.tool)} of the cost` : null],
    ["Version", task.agent_version.slice(0, 12)],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) =>
        value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="cut">{oneLine(value, 120)}</dd>
          </div>
        ),
      )}
      <div>
        <dt>Created</dt>
        <dd>
          <Ago at={task.created_at} />
        </dd>
      </div>
      {task.stop_reason === null ? null : (
        <div>
          <dt>Ended by</dt>
          <dd>{words(task.stop_reason)}</dd>
        </div>
      )}
    </dl>
  );
}
