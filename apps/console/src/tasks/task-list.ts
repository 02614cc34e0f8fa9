/**
 * The tasks that a table shows, newest first, gathered from pages of the past and from looks at the present. A look
 * tells everything about the span it covers, so what stands there and was not seen has left the filter.
 */
import type { Task } from "../api/shapes.ts";

export type TaskList = {
  /** By id; ids sort by the time of their making. */
  readonly tasks: ReadonlyMap<string, Task>;
  /** Where the past goes on; null: it has been read to its end; undefined: not begun. */
  readonly cursor: string | null | undefined;
};

export const noTasks: TaskList = { tasks: new Map(), cursor: undefined };

/** Adds a page further down. */
export function withPage(list: TaskList, page: { data: Task[]; next_cursor: string | null }): TaskList {
  const tasks = new Map(list.tasks);
  for (const task of page.data) tasks.set(task.id, task);
  return { tasks, cursor: page.next_cursor };
}

/** Takes in a look from the top; `isWhole`: nothing stands below what it shows. */
export function withLook(list: TaskList, seen: readonly Task[], isWhole: boolean): TaskList {
  const lowest = seen.at(-1)?.id ?? "";
  const isCovered = (id: string) => isWhole || id >= lowest;
  const kept = [...list.tasks].filter(([id]) => !isCovered(id));
  return { ...list, tasks: new Map([...kept, ...seen.map((task) => [task.id, task] as const)]) };
}

/** Takes in news of single tasks; those that the filter no longer fits leave. */
export function withNews(list: TaskList, news: readonly Task[], fits: (task: Task) => boolean): TaskList {
  const tasks = new Map(list.tasks);
  for (const task of news) {
    if (fits(task)) tasks.set(task.id, task);
    else tasks.delete(task.id);
  }
  return { ...list, tasks };
}

export function newestFirst(list: TaskList): Task[] {
  return [...list.tasks.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}

export function isLive(task: Task): boolean {
  return task.finished_at === null;
}
