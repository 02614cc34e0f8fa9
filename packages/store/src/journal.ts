/**
 * Reads journals, in either of their forms: the list of a task that is under way or has just ended, and the archive
 * that a finished one becomes (archive.ts). Readers need not know which it is, nor that it changes under their eyes.
 */
import { type Event, type EventData, foldTask, type TaskState } from "@pawl/protocol";
import { archivedEvent, unpackJournal } from "./archive.ts";
import type { Codec } from "./codec.ts";
import { key } from "./keys.ts";
import { readStamp, STAMP_END } from "./stamp.ts";
import type { Store } from "./store.ts";

export function decodeStored(codec: Codec, stored: Buffer, seq: number): Event {
  const bar = stored.indexOf(STAMP_END);
  return {
    seq,
    ...readStamp(stored.toString("latin1", 0, bar)),
    ...codec.decode(stored.subarray(bar + 1)),
  };
}

/**
 * The events after `after` (0: from the first) up to `upTo`, oldest first; empty for a task that does not exist.
 * One round trip where the list has such events, two where it has not.
 */
export async function readJournal(
  store: Store,
  tenant: string,
  task: string,
  after = 0,
  upTo = Number.POSITIVE_INFINITY,
): Promise<Event[]> {
  if (upTo <= after) return [];
  const last = Number.isFinite(upTo) ? upTo - 1 : -1;
  const list = key(tenant, "journal", task);
  const decode = (stored: readonly Buffer[]) =>
    stored.map((bytes, i) => decodeStored(store.codec, bytes, after + 1 + i));
  const stored = await store.redis.lrangeBuffer(list, after, last);
  if (stored.length > 0) return decode(stored);
  // Both at one moment: between two questions the journal might move from the one form to the other.
  const answers = await store.redis
    .multi()
    .getBuffer(key(tenant, "archive", task))
    .lrangeBuffer(list, after, last)
    .exec();
  const [archive, listed] = (answers ?? []).map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
  if (Buffer.isBuffer(archive)) {
    const lines = await unpackJournal(archive);
    return lines.slice(after, upTo).map((line, i) => archivedEvent(line, after + 1 + i));
  }
  return decode(Array.isArray(listed) ? listed : []);
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
  const [event] = await readJournal(store, tenant, task, 0, 1);
  return event?.type === "task.submitted" ? { event, data: event.data } : undefined;
}
