/**
 * Follows one task: its events in order, each once, from a cursor on, and the text being written between them.
 * Wakes by notice and reads by cursor (invariant 12): a lost notice costs `recheckMs` at most, never an event.
 * Ends when `signal` is aborted. An outage of Redis is waited out: what was missed is read when it is over.
 */
import type { Event } from "@pawl/protocol";
import { type Notice, type Notices, readJournal, type Store } from "@pawl/store";
import { isStoreAway } from "./store-away.ts";

export type Followed = { kind: "events"; events: Event[] } | { kind: "text"; text: string };

/** The journal is shorter than what was shown of it: Redis has forgotten its end, and a follower must start anew. */
export class JournalShrunkError extends Error {
  override readonly name = "JournalShrunkError";
  constructor(task: string, seen: number) {
    super(`the journal of ${task} has less than the ${seen} events that were shown of it`);
  }
}

/** A follower that reads slower than the model writes loses text, which the journal will have in full. */
const MOST_PENDING = 256;

export async function* followJournal(
  { store, notices }: { store: Store; notices: Notices },
  {
    tenant,
    task,
    after,
    recheckMs,
    signal,
  }: { tenant: string; task: string; after: number; recheckMs: number; signal: AbortSignal },
): AsyncGenerator<Followed> {
  let cursor = after;
  let look = true;
  let pending: Notice[] = [];
  let wake = () => {};
  const onWake = () => wake();
  const unfollow = notices.follow(tenant, task, (notice) => {
    if (notice.kind === "text" && pending.length >= MOST_PENDING) return;
    // Of journal notices in a row the last one tells all.
    if (notice.kind === "journal" && pending.at(-1)?.kind === "journal") pending.pop();
    pending.push(notice);
    wake();
  });
  // What happened before the subscription stood was told to nobody: look once more when it does.
  unfollow.then(
    () => {
      look = true;
      wake();
    },
    () => {},
  );
  signal.addEventListener("abort", onWake);

  const readOn = async (): Promise<Event[]> => {
    // From the last event seen on: where that one is gone, a failover has forgotten it.
    const events = await readJournal(store, tenant, task, Math.max(0, cursor - 1)).catch((error: unknown) => {
      if (isStoreAway(error)) return undefined;
      throw error;
    });
    if (events === undefined) return [];
    if (cursor > 0 && events.length === 0) throw new JournalShrunkError(task, cursor);
    const fresh = events.filter(({ seq }) => seq > cursor);
    cursor = fresh.at(-1)?.seq ?? cursor;
    return fresh;
  };

  try {
    while (!signal.aborted) {
      const notices = pending;
      pending = [];
      // In the order of the notices, so that text stands between the events that it was written between.
      for (const notice of notices) {
        if (notice.kind === "text") yield { kind: "text", text: notice.text };
        else if (notice.seq > cursor) {
          const events = await readOn();
          if (events.length > 0) yield { kind: "events", events };
        }
      }
      if (look) {
        look = false;
        const events = await readOn();
        if (events.length > 0) yield { kind: "events", events };
      }
      if (look || pending.length > 0 || signal.aborted) continue;
      const timer = setTimeout(() => {
        look = true;
        wake();
      }, recheckMs);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      clearTimeout(timer);
    }
  } finally {
    signal.removeEventListener("abort", onWake);
    unfollow.then(
      (stop) => stop(),
      () => {},
    );
  }
}
