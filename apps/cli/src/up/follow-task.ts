/**
 * Reads a task's journal from the API as it grows (server-sent events), to its terminal event.
 * A connection that breaks is made anew from the last event seen, so every event is yielded once.
 */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";

/** What is needed of an event here; more members are let through. */
export const FollowedEvent = z.looseObject({
  seq: z.number(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type FollowedEvent = z.infer<typeof FollowedEvent>;

const TERMINAL = new Set(["task.completed", "task.stopped", "task.failed", "task.cancelled"]);
const RETRY_MS = 500;
/** So long may the API be away before we give up. */
const GIVE_UP_MS = 60_000;

export async function* followTask(options: {
  eventsUrl: string;
  key: string;
  signal: AbortSignal;
}): AsyncGenerator<FollowedEvent> {
  let lastSeq = 0;
  let silentSinceMs = performance.now();
  for (;;) {
    try {
      const headers = {
        accept: "text/event-stream",
        authorization: `Bearer ${options.key}`,
        ...(lastSeq > 0 ? { "last-event-id": String(lastSeq) } : {}),
      };
      const response = await fetch(options.eventsUrl, { headers, signal: options.signal });
      if (!response.ok || response.body === null)
        throw new Error(`${options.eventsUrl}: HTTP ${response.status}`);
      for await (const data of readServerSentEvents(response.body)) {
        silentSinceMs = performance.now();
        const { data: event } = FollowedEvent.safeParse(JSON.parse(data));
        // Text as it is being written comes without a number.
        if (event === undefined || event.seq <= lastSeq) continue;
        lastSeq = event.seq;
        yield event;
        if (TERMINAL.has(event.type)) return;
      }
    } catch (error) {
      if (options.signal.aborted || performance.now() - silentSinceMs > GIVE_UP_MS) throw error;
    }
    await delay(RETRY_MS, undefined, { signal: options.signal });
  }
}

/** The `data` of each event of a stream; comments (heartbeats) and other fields are passed over. */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let pending = "";
  let data: string[] = [];
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (pending + chunk).split("\n");
    pending = lines.pop() ?? "";
    for (const raw of lines) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (line.startsWith("data:")) data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
      if (line !== "" || data.length === 0) continue;
      yield data.join("\n");
      data = [];
    }
  }
}
