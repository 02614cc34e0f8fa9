/** Keeps a task list fresh: looks at the top every two seconds, and at what is still alive further down. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiProblem, type Page, query, request } from "../api/request.ts";
import type { Task } from "../api/shapes.ts";
import { type Filters, fitsFilters } from "./filters.ts";
import { isLive, newestFirst, noTasks, type TaskList, withLook, withNews, withPage } from "./task-list.ts";

const LOOK_EVERY_MS = 2_000;
const PAGE = 100;
/** A look that does not reach what is known reads on, so that no task is passed over; within reason. */
const MOST_LOOKS = 10;
const MOST_SINGLE = 8;

export function useTaskList(filters: Filters) {
  const [list, setList] = useState<TaskList>(noTasks);
  const [error, setError] = useState<unknown>(null);
  const known = useRef(list);
  known.current = list;
  const isReading = useRef(false);
  const text = query(filters);

  const loadMore = useCallback(async () => {
    const { cursor } = known.current;
    if (isReading.current || cursor === null || cursor === undefined) return;
    isReading.current = true;
    try {
      const page = await request<Page<Task>>(
        `/v1/tasks${query({ ...filtersFrom(text), limit: PAGE, cursor })}`,
      );
      setList((now) => (now.cursor === cursor ? withPage(now, page) : now));
    } catch (problem) {
      setError(problem);
    } finally {
      isReading.current = false;
    }
  }, [text]);

  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const asked = filtersFrom(text);
    setList(noTasks);
    known.current = noTasks;
    const look = async () => {
      if (document.visibilityState === "visible") {
        try {
          await lookOnce(asked, known.current, gone.signal, (change) => {
            if (!gone.signal.aborted) setList(change);
          });
          setError(null);
        } catch (problem) {
          if (!gone.signal.aborted) setError(problem);
          // A session that has ended is not asked again; whoever logs in starts anew.
          if (problem instanceof ApiProblem && problem.status === 401) return;
        }
      }
      if (!gone.signal.aborted) timer = setTimeout(look, LOOK_EVERY_MS);
    };
    void look();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [text]);

  const tasks = useMemo(() => newestFirst(list), [list]);
  return {
    tasks,
    isRead: list.cursor !== undefined,
    hasMore: list.cursor != null,
    error,
    loadMore,
  };
}

async function lookOnce(
  filters: Filters,
  known: TaskList,
  signal: AbortSignal,
  change: (change: (now: TaskList) => TaskList) => void,
): Promise<void> {
  const newest = newestFirst(known)[0]?.id;
  const seen: Task[] = [];
  let cursor: string | null = null;
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const path: string = `/v1/tasks${query({ ...filters, limit: PAGE, cursor })}`;
    const page: Page<Task> = await request<Page<Task>>(path, { signal });
    seen.push(...page.data);
    cursor = page.next_cursor;
    if (newest === undefined || cursor === null || seen.some(({ id }) => id <= newest)) break;
  }
  const end = cursor;
  change((now) => {
    const looked = withLook(now, seen, end === null);
    return now.cursor === undefined || end === null ? { ...looked, cursor: end } : looked;
  });
  const lowest = seen.at(-1)?.id ?? "";
  const below = newestFirst(known).filter((task) => isLive(task) && task.id < lowest);
  const news = await Promise.all(
    below.slice(0, MOST_SINGLE).map(({ id }) => request<Task>(`/v1/tasks/${id}`, { signal })),
  );
  if (news.length > 0) change((now) => withNews(now, news, fitsFilters(filters)));
}

function filtersFrom(text: string): Filters {
  return Object.fromEntries(new URLSearchParams(text));
}
