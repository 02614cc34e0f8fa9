/**
 * Follows a task's events live, as a browser would: when the stream breaks it comes back with the last number it
 * saw, until a stream ends in good order. What it saw must be the journal, each event once.
 */
import { ADMIN_KEY } from "../support/pawl-process.ts";

export type Followed = { task: string; seen: { seq: number; type: string }[] };

const SILENCE_MS = 30_000;

export async function followTask(apiUrl: string, task: string, signal: AbortSignal): Promise<Followed> {
  const followed: Followed = { task, seen: [] };
  while (!signal.aborted) {
    if (await readStream(apiUrl, followed, signal)) break;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return followed;
}

/** true: the stream ended because the last event is terminal. */
async function readStream(apiUrl: string, followed: Followed, signal: AbortSignal): Promise<boolean> {
  const last = followed.seen.at(-1)?.seq ?? 0;
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch(`${apiUrl}/v1/tasks/${followed.task}/events`, {
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        accept: "text/event-stream",
        "last-event-id": String(last),
      },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (response.status !== 200 || response.body === null) return false;
    let buffered = "";
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      buffered += chunk;
      const frames = buffered.split("\n\n");
      buffered = frames.pop() ?? "";
      for (const frame of frames) note(followed, frame);
    }
    return /^task\.(completed|stopped|failed|cancelled)$/.test(followed.seen.at(-1)?.type ?? "");
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Only what has a number is an event of the journal; text in the making and heartbeats have none. */
function note(followed: Followed, frame: string): void {
  const lines = frame.split("\n");
  if (!lines.some((line) => line.startsWith("id:"))) return;
  const data = lines.find((line) => line.startsWith("data:"));
  if (data === undefined) return;
  const { seq, type } = JSON.parse(data.slice(5)) as { seq: number; type: string };
  followed.seen.push({ seq, type });
}
