/**
 * Follows one task's journal to its end: every event once, in order, over as many connections as it takes. The cursor is
 * the last event that was handed out; each new connection begins after it, so nothing is missed and nothing comes twice.
 *
 * A connection ends for one of three reasons: the task has ended, the process that served it is ending, or the wire broke.
 * They look alike at times, so the first is not taken on trust: it is asked whether anything comes after the cursor.
 */
import { backoffMs, pause } from "./pause.ts";
import { isWorthAnotherTry, PawlError } from "./pawl-error.ts";
import type { Send } from "./send.ts";
import { readFrames } from "./server-sent-events.ts";
import type { Event, Task } from "./wire.ts";

export type FollowOptions = {
  /** Only what comes after the event of this `seq`. Default 0: from the beginning. */
  after?: number | undefined;
  /** Told the model's words as they are written, between the events; they are in no journal and may be lost. */
  onText?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Without a byte for so long a connection is taken for dead. The API gives a sign of life every 15 s. Default 45,000. */
  idleTimeoutMs?: number | undefined;
  /** How long to go on trying to connect without success. Default 300,000. */
  giveUpAfterMs?: number | undefined;
};

const IDLE_TIMEOUT_MS = 45_000;
const GIVE_UP_AFTER_MS = 5 * 60_000;

const terminalTypes = new Set(["task.completed", "task.stopped", "task.failed", "task.cancelled"]);

export async function* followTask(
  send: Send,
  id: string,
  options: FollowOptions = {},
): AsyncGenerator<Event, void, undefined> {
  const { signal, onText, idleTimeoutMs = IDLE_TIMEOUT_MS, giveUpAfterMs = GIVE_UP_AFTER_MS } = options;
  const path = `/v1/tasks/${encodeURIComponent(id)}`;
  let cursor = options.after ?? 0;
  let lastType: string | undefined;
  let failures = 0;
  let aliveAtMs = Date.now();

  /** Nothing comes after the cursor, and nothing will. */
  async function hasEnded(): Promise<boolean> {
    const query = { after: cursor, limit: 1 };
    const { data } = await send.json<{ data: Event[] }>({ path: `${path}/events`, query, signal });
    if (data.length > 0) return false;
    if (lastType !== undefined) return terminalTypes.has(lastType);
    const { status } = await send.json<Task>({ path, signal });
    return ["completed", "stopped", "failed", "cancelled"].includes(status);
  }

  for (;;) {
    signal?.throwIfAborted();
    try {
      const response = await send.open({
        path: `${path}/events`,
        headers: { accept: "text/event-stream", "last-event-id": String(cursor) },
        signal,
      });
      if (response.body === null) throw new PawlError("unexpected_answer", "The stream has no body.");
      for await (const { id, event, data } of readFrames(response.body, { idleTimeoutMs })) {
        failures = 0;
        aliveAtMs = Date.now();
        if (id === "") {
          if (event === "text") onText?.((JSON.parse(data) as { text: string }).text);
          continue;
        }
        const fact = JSON.parse(data) as Event;
        cursor = fact.seq;
        lastType = fact.type;
        yield fact;
      }
      if (await hasEnded()) return;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const failure = asPawlError(error);
      if (!isWorthAnotherTry(failure) || Date.now() - aliveAtMs > giveUpAfterMs) throw failure;
    }
    await pause(backoffMs(failures), signal);
    failures += 1;
  }
}

/** What a body throws when its connection breaks is each platform's own. */
function asPawlError(error: unknown): PawlError {
  if (error instanceof PawlError) return error;
  return new PawlError("connection_failed", "The connection broke off.", { cause: error });
}
