/** Tasks: every task of the tenant, live, newest first, filtered by the address. */
import { Plus } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { usePageTitle } from "../parts/page-title.ts";
import { Problem } from "../parts/problem.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { filtersOf } from "./filters.ts";
import { FirstTask } from "./first-task.tsx";
import { NewTask } from "./new-task.tsx";
import { TaskTable } from "./task-table.tsx";
import { useTaskList } from "./use-task-list.ts";
import "./tasks.css";

export function TasksView() {
  usePageTitle("Tasks");
  const [search, setSearch] = useSearchParams();
  const filters = filtersOf(search);
  const isFiltered = Object.keys(filters).length > 0;
  const { tasks, isRead, hasMore, error, loadMore } = useTaskList(filters);
  const [isNew, setIsNew] = useState(false);
  const isEmpty = isRead && tasks.length === 0;
  return (
    <>
      <header className="head">
        <h1>Tasks</h1>
        <div className="actions">
          <button type="button" className="button primary" onClick={() => setIsNew(true)}>
            <Plus size={15} aria-hidden />
            New task
          </button>
        </div>
      </header>
      {isEmpty && !isFiltered ? null : <FilterBar filters={filters} setSearch={setSearch} />}
      {error === null ? null : <Problem error={error} />}
      {isEmpty && isFiltered ? (
        <div className="empty">
          <h2>No task fits these filters</h2>
          <p>Take one away, or wait: tasks that come to fit appear here by themselves.</p>
          <button type="button" className="button" onClick={() => setSearch(new URLSearchParams())}>
            Show all tasks
          </button>
        </div>
      ) : null}
      {isEmpty && !isFiltered ? <FirstTask /> : null}
      {!isRead && error === null ? <p className="faint">Loading…</p> : null}
      {tasks.length > 0 ? <TaskTable tasks={tasks} hasMore={hasMore} loadMore={loadMore} /> : null}
      <NewTask open={isNew} onClose={() => setIsNew(false)} />
    </>
  );
}
