/** Waiting for facts: a task's journal as it grows, read as any client would read it. */
import type { Task } from "@pawl/protocol";
import type { System } from "./processes.ts";

export type SeenEvent = { seq: number; type: string; attempt: number; data: Record<string, unknown> };

export async function submit(system: System, body: Record<string, unknown>): Promise<Task> {
  const response = await system.call("/v1/tasks", { method: "POST", body: JSON.stringify(body) });
  if (response.status !== 202) throw new Error(`submit: ${response.status} ${await response.text()}`);
  return (await response.json()) as Task;
}

export async function getTask(system: System, id: string): Promise<Task> {
  return (await (await system.call(`/v1/tasks/${id}`)).json()) as Task;
}

/** The task's events from the first on, live, until its stream ends with a terminal one. */
export async function* follow(system: System, id: string, after = 0): AsyncGenerator<SeenEvent> {
  const response = await system.call(`/v1/tasks/${id}/events?after=${after}`, {
    headers: { accept: "text/event-stream" },
  });
  if (!response.ok || response.body === null) throw new Error(`events: ${response.status}`);
  let buffered = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    buffered += chunk;
    const frames = buffered.split("\n\n");
    buffered = frames.pop() ?? "";
    for (const frame of frames) {
      const event = parseFrame(frame);
      if (event !== undefined) yield event;
    }
  }
}

export async function finished(system: System, id: string): Promise<Task> {
  for await (const _ of follow(system, id));
  return getTask(system, id);
}

export async function journalOf(system: System, id: string): Promise<SeenEvent[]> {
  const events: SeenEvent[] = [];
  for await (const event of follow(system, id)) events.push(event);
  return events;
}

function parseFrame(frame: string): SeenEvent | undefined {
  const lines = frame.split("\n");
  if (!lines.some((line) => line.startsWith("id:"))) return undefined;
  const data = lines.find((line) => line.startsWith("data:"));
  return data === undefined ? undefined : (JSON.parse(data.slice(5)) as SeenEvent);
}
