/**
 * Webhook deliveries. The script that ends a task makes the delivery and owes its first try; every try's
 * outcome is recorded by deliver.lua, which also says when the next one is due. The body is not kept: it is
 * the task folded up to `seq`, the same every time.
 */
import { type Event, foldTask, type TaskState } from "@pawl/protocol";
import { readJournal } from "./journal.ts";
import { key, tenantBase } from "./keys.ts";
import { replyList, textAt, unknownVerdict } from "./reply.ts";
import { runScript } from "./scripts.ts";
import type { Store } from "./store.ts";

export type DeliveryState = "pending" | "delivered" | "failed";

/** What became of one try; kept for people to read. */
export type DeliveryTry = { status: number | null; error: string | null; duration_ms: number };

export type Delivery = {
  id: string;
  task: string;
  type: string;
  /** The event that it tells of; the body is the task as it stood then. */
  seq: number;
  state: DeliveryState;
  tries: number;
  createdAtMs: number;
  /** When the present round of tries began: the creation, or the last time somebody asked for it again. */
  roundAtMs: number;
  nextAtMs: number | null;
  lastTryAtMs: number | null;
  lastTry: DeliveryTry | null;
};

export async function readDelivery(store: Store, tenant: string, id: string): Promise<Delivery | undefined> {
  const hash = await store.redis.hgetall(key(tenant, "delivery", id));
  if (hash.task === undefined) return undefined;
  const createdAtMs = Number(hash.created_at);
  return {
    id,
    task: hash.task,
    type: hash.type ?? "",
    seq: Number(hash.seq),
    state: hash.state as DeliveryState,
    tries: Number(hash.tries),
    createdAtMs,
    roundAtMs: hash.round_at === undefined ? createdAtMs : Number(hash.round_at),
    nextAtMs: hash.next_at === undefined ? null : Number(hash.next_at),
    lastTryAtMs: hash.last_try_at === undefined ? null : Number(hash.last_try_at),
    lastTry: hash.last_try === undefined ? null : (JSON.parse(hash.last_try) as DeliveryTry),
  };
}

/** The task as it stood at the delivery's event; undefined once its journal is gone. */
export async function deliveredTask(
  store: Store,
  tenant: string,
  { task, seq }: { task: string; seq: number },
): Promise<{ state: TaskState; event: Event } | undefined> {
  const events = await readJournal(store, tenant, task, 0, seq);
  const event = events[seq - 1];
  return event === undefined ? undefined : { state: foldTask(events), event };
}

/** Newest first, after (older than) `cursor`; `task` keeps those of one task. */
export async function listDeliveries(
  store: Store,
  query: { tenant: string; limit: number; cursor: string | null; task: string | undefined },
): Promise<{ deliveries: Delivery[]; nextCursor: string | null }> {
  const { tenant, limit, cursor, task } = query;
  const max = cursor === null ? "+" : `(${cursor}`;
  const ids =
    task === undefined
      ? await store.redis.zrevrangebylex(key(tenant, "index", "deliveries"), max, "-", "LIMIT", 0, limit + 1)
      : (await store.redis.lrange(key(tenant, "taskDeliveries", task), 0, -1))
          .filter((id) => cursor === null || id < cursor)
          .sort()
          .reverse()
          .slice(0, limit + 1);
  const page = ids.slice(0, limit);
  const found = await Promise.all(page.map((id) => readDelivery(store, tenant, id)));
  return {
    deliveries: found.filter((delivery) => delivery !== undefined),
    nextCursor: ids.length > limit ? (page.at(-1) ?? null) : null,
  };
}

/** Records what one try came to; "old" where another worker recorded that very try before. */
export async function recordDelivery(
  store: Store,
  record: {
    tenant: string;
    delivery: string;
    try: number;
    state: DeliveryState;
    nextAfterMs: number;
    outcome: DeliveryTry;
  },
): Promise<"recorded" | "old" | "unknown"> {
  return callDeliver(store, record.tenant, [
    record.delivery,
    record.try,
    "record",
    record.state,
    record.nextAfterMs,
    JSON.stringify(record.outcome),
    store.retentionMs,
  ]);
}

/** Owes a delivery another round of tries, from now. */
export async function redeliver(
  store: Store,
  tenant: string,
  delivery: string,
): Promise<"recorded" | "unknown"> {
  const outcome = await callDeliver(store, tenant, [delivery, "", "again"]);
  return outcome === "unknown" ? "unknown" : "recorded";
}

async function callDeliver(
  store: Store,
  tenant: string,
  argv: (string | number)[],
): Promise<"recorded" | "old" | "unknown"> {
  const reply = replyList(await runScript(store.redis, store.scripts.deliver, tenantBase(tenant), argv));
  const verdict = textAt(reply, 0);
  switch (verdict) {
    case "OK":
      return "recorded";
    case "OLD":
      return "old";
    case "UNKNOWN":
      return "unknown";
    default:
      return unknownVerdict("deliver", verdict);
  }
}
