/**
 * A task's journal as it grows. Goes on after the last event it saw whenever the connection breaks, and ends with the
 * journal. (A browser's own EventSource passes over event types that it was not told of by name.)
 */
import type { EventView } from "@pawl/protocol";
import { ApiProblem, send } from "./request.ts";

export type StreamListener = {
  onEvents(events: EventView[]): void;
  /** Text of the answer as it is being written; it is not in the journal yet. */
  onText(text: string): void;
  onState(state: "live" | "lost" | "ended"): void;
  onProblem(problem: ApiProblem): void;
};

const RETRY_MS = 1_000;
const TERMINAL = new Set(["task.completed", "task.stopped", "task.failed", "task.cancelled"]);

export async function followEvents(
  task: string,
  after: number,
  listener: StreamListener,
  signal: AbortSignal,
) {
  let seq = after;
  let last = "";
  while (!signal.aborted) {
    try {
      const headers = { accept: "text/event-stream", ...(seq > 0 ? { "last-event-id": String(seq) } : {}) };
      const response = await send(`/v1/tasks/${task}/events`, { signal, headers });
      listener.onState("live");
      for await (const batch of batchesOf(response)) {
        const events: EventView[] = [];
        for (const { type, data } of batch) {
          if (type === "text") {
            listener.onText((JSON.parse(data) as { text: string }).text);
            continue;
          }
          const event = JSON.parse(data) as EventView;
          if (event.seq <= seq) continue;
          seq = event.seq;
          last = event.type;
          events.push(event);
        }
        if (events.length > 0) listener.onEvents(events);
      }
      if (TERMINAL.has(last)) {
        listener.onState("ended");
        return;
      }
      listener.onState("lost");
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiProblem && error.status >= 400 && error.status < 500) {
        listener.onProblem(error);
        return;
      }
      listener.onState("lost");
    }
    await pause(RETRY_MS, signal);
  }
}

type Message = { type: string; data: string };

/** What came in one piece is handed on in one piece: two thousand events are one update of the page. */
async function* batchesOf(response: Response): AsyncGenerator<Message[]> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let pending = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (pending + value).replaceAll("\r\n", "\n").split("\n\n");
    pending = blocks.pop() ?? "";
    const messages = blocks.flatMap(messageOf);
    if (messages.length > 0) yield messages;
  }
}

function messageOf(block: string): Message[] {
  const lines = block.split("\n");
  const field = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
  const data = field("data").join("\n");
  return data === "" ? [] : [{ type: field("event")[0] ?? "message", data }];
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
