/** Reads journals: the stamp that the scripts put before each event, and the event itself. */
import { type Event, type EventData, foldTask, type TaskState } from "@pawl/protocol";
import type { Codec } from "./codec.ts";
import { key } from "./keys.ts";
import type { Store } from "./store.ts";

const BAR = 0x7c; // the stamp is `<ms since 1970>.<attempt>|`

export function decodeStored(codec: Codec, stored: Buffer, seq: number): Event {
  const bar = stored.indexOf(BAR);
  const [at, attempt] = stored.toString("latin1", 0, bar).split(".");
  return {
    seq,
    at: Number(at),
    attempt: Number(attempt),
    ...codec.decode(stored.subarray(bar + 1)),
  };
}

/** The events after `after` (0: from the first), oldest first; empty for a task that does not exist. */
export async function readJournal(store: Store, tenant: string, task: string, after = 0): Promise<Event[]> {
  const stored = await store.redis.lrangeBuffer(key(tenant, "journal", task), after, -1);
  return stored.map((bytes, i) => decodeStored(store.codec, bytes, after + 1 + i));
}

/** The folded state of one task, or undefined where the tenant has no such task. */
export async function readTask(store: Store, tenant: string, task: string): Promise<TaskState | undefined> {
  const events = await readJournal(store, tenant, task);
  return events.length === 0 ? undefined : foldTask(events);
}

/** What was submitted, without the rest of the journal. */
export async function readSubmission(
  store: Store,
  tenant: string,
  task: string,
): Promise<{ event: Event; data: EventData<"task.submitted"> } | undefined> {
  const stored = await store.redis.lindexBuffer(key(tenant, "journal", task), 0);
  if (stored === null) return undefined;
  const event = decodeStored(store.codec, stored, 1);
  return event.type === "task.submitted" ? { event, data: event.data } : undefined;
}
