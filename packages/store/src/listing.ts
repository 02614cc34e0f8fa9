/**
 * Listings: ids in sorted sets whose lexical order is the order of their making, so that the last id seen is
 * the cursor. One index is walked, the other filters are asked about each of its members.
 */
import { type TaskState, TaskStatus } from "@pawl/protocol";
import { readTask } from "./journal.ts";
import { key } from "./keys.ts";
import type { Store } from "./store.ts";

export type ListingFilters = {
  status?: string | undefined;
  user?: string | undefined;
  feature?: string | undefined;
  agent?: string | undefined;
  session_id?: string | undefined;
  stop_reason?: string | undefined;
};

export type ListedTask = { id: string; state: TaskState };

const CHUNK = 200; // ids asked about at once: a rare match in a long listing costs few round trips

/** Newest first, after (older than) `cursor`. `nextCursor` is null at the end. */
export async function listTasks(
  store: Store,
  query: { tenant: string; filters: ListingFilters; limit: number; cursor: string | null },
): Promise<{ tasks: ListedTask[]; nextCursor: string | null }> {
  const { tenant, limit } = query;
  const indexes = Object.entries(query.filters).flatMap(([name, value]) =>
    value === undefined ? [] : [key(tenant, "index", `${name}:${value}`)],
  );
  const [walked, ...others] = await mostSelectiveFirst(store, indexes, key(tenant, "index", "all"));
  // One id more than asked for tells whether there is a next page.
  const ids: string[] = [];
  let cursor = query.cursor;
  while (ids.length <= limit) {
    const max = cursor === null ? "+" : `(${cursor}`;
    const chunk = await store.redis.zrevrangebylex(walked, max, "-", "LIMIT", 0, CHUNK);
    if (chunk.length === 0) break;
    ids.push(...(await keepMembers(store, chunk, others)));
    cursor = chunk.at(-1) ?? null;
  }
  const page = ids.slice(0, limit);
  return {
    tasks: await readTasks(store, tenant, page),
    nextCursor: ids.length > limit ? (page.at(-1) ?? null) : null,
  };
}

async function mostSelectiveFirst(
  store: Store,
  indexes: string[],
  all: string,
): Promise<[string, ...string[]]> {
  if (indexes.length < 2) return [indexes[0] ?? all];
  const sizes = await Promise.all(indexes.map((index) => store.redis.zcard(index)));
  const [first = all, ...rest] = indexes
    .map((index, i) => ({ index, size: sizes[i] ?? 0 }))
    .sort((a, b) => a.size - b.size)
    .map(({ index }) => index);
  return [first, ...rest];
}

async function keepMembers(store: Store, ids: string[], indexes: string[]): Promise<string[]> {
  const scores = await Promise.all(indexes.map((index) => store.redis.zmscore(index, ...ids)));
  return ids.filter((_, i) => scores.every((column) => column[i] !== null && column[i] !== undefined));
}

/** Tasks whose retention ended between the index and here are left out. */
async function readTasks(store: Store, tenant: string, ids: readonly string[]): Promise<ListedTask[]> {
  const states = await Promise.all(ids.map((id) => readTask(store, tenant, id)));
  return ids.flatMap((id, i) => {
    const state = states[i];
    return state === undefined ? [] : [{ id, state }];
  });
}

/** How many of a tenant's kept tasks have each status. */
export async function countTasks(store: Store, tenant: string): Promise<Record<TaskStatus, number>> {
  const counts = await Promise.all(
    TaskStatus.options.map(
      async (status) => [status, await store.redis.zcard(key(tenant, "index", `status:${status}`))] as const,
    ),
  );
  return Object.fromEntries(counts) as Record<TaskStatus, number>;
}
