/** The filters of the table live in the address, so that a view can be kept and sent. */
import type { Task } from "../api/shapes.ts";

export const STATUSES = [
  "queued",
  "running",
  "waiting",
  "completed",
  "stopped",
  "failed",
  "cancelled",
] as const;
export const LABELS = ["agent", "user", "feature", "session_id"] as const;

export type Filters = Partial<Record<"status" | "stop_reason" | (typeof LABELS)[number], string>>;

export function filtersOf(search: URLSearchParams): Filters {
  const names = ["status", "stop_reason", ...LABELS] as const;
  const given = names.flatMap((name) => {
    const value = search.get(name);
    return value === null || value === "" ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}

export function fitsFilters(filters: Filters): (task: Task) => boolean {
  return (task) =>
    (filters.status === undefined || task.status === filters.status) &&
    (filters.stop_reason === undefined || task.stop_reason === filters.stop_reason);
}
