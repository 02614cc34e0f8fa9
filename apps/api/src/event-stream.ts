/**
 * The journal as server-sent events: `id` is `seq`, so that a follower who lost his connection goes on where he
 * stood. The stream ends once the journal's last event is terminal, and when this process ends; a follower
 * connects again by himself. A slow reader is waited for, a gone one costs nothing more.
 */
import { once } from "node:events";
import { type Event, eventView } from "@pawl/protocol";
import { readJournal } from "@pawl/store";
import type { Response } from "express";
import type { ApiDeps } from "./api-deps.ts";
import { untilGone } from "./caller-gone.ts";
import { followJournal } from "./follow-journal.ts";
import { notFound } from "./problem.ts";

const HEARTBEAT_MS = 15_000;
const RECHECK_MS = 10_000;

const terminalTypes = new Set<string>(["task.completed", "task.stopped", "task.failed", "task.cancelled"]);

export async function streamEvents(
  deps: ApiDeps,
  { tenant, task, after, response }: { tenant: string; task: string; after: number; response: Response },
): Promise<void> {
  const journal = await readJournal(deps.store, tenant, task);
  const last = journal.at(-1);
  if (last === undefined) throw notFound();
  response.status(200).set({ "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
  if (response.req.method === "HEAD") {
    response.end();
    return;
  }
  response.flushHeaders();
  const signal = untilGone(response, deps.closing);
  const write = (text: string) => writeAll(response, text, signal);
  // One by one: a slow reader of a long journal costs the journal, not a second copy of it as text.
  const writeEvents = async (events: readonly Event[]) => {
    for (const event of events) await write(eventText(event));
  };
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(": still here\n\n");
  }, deps.heartbeatMs ?? HEARTBEAT_MS);
  try {
    await write("retry: 1000\n\n");
    await writeEvents(journal.slice(after));
    if (terminalTypes.has(last.type)) return;
    const recheckMs = deps.recheckMs ?? RECHECK_MS;
    // A cursor beyond the end of a living journal names events that never were: all that come are new.
    for await (const followed of followJournal(deps, { tenant, task, after: last.seq, recheckMs, signal })) {
      if (followed.kind === "text") {
        if (!response.writableNeedDrain)
          await write(`event: text\ndata: ${JSON.stringify({ text: followed.text })}\n\n`);
        continue;
      }
      await writeEvents(followed.events);
      const newest = followed.events.at(-1);
      if (newest !== undefined && terminalTypes.has(newest.type)) return;
    }
  } catch (error) {
    // The head of the answer is sent: all that can be said is "connect again".
    deps.log.warn("an event stream broke off", { tenant, task, error });
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}

function eventText(event: Event): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
}

/** Resolves when the connection has taken the text, or nobody wants it any more. */
async function writeAll(response: Response, text: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(text)) return;
  await once(response, "drain", { signal }).catch(() => {});
}
