/**
 * Server-sent events out of the bytes of an answer, after the WHATWG's text. What was not ended by an empty line was cut
 * off and is none. Silence is a fault: a connection may be dead without anybody having said so.
 */
import { PawlError } from "./pawl-error.ts";

export type Frame = { id: string; event: string; data: string };

/** Throws a PawlError `timeout` after `idleTimeoutMs` without a byte. Ends the connection when it is left. */
export async function* readFrames(
  body: ReadableStream<Uint8Array>,
  { idleTimeoutMs }: { idleTimeoutMs: number },
): AsyncGenerator<Frame> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let frame = emptyFrame();
  try {
    for (;;) {
      const { done, value } = await withinMs(reader.read(), idleTimeoutMs);
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line !== "") {
          take(frame, line);
          continue;
        }
        if (frame.data.length > 0) yield { ...frame, data: frame.data.join("\n") };
        frame = emptyFrame();
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

type OpenFrame = { id: string; event: string; data: string[] };

function emptyFrame(): OpenFrame {
  return { id: "", event: "message", data: [] };
}

function take(frame: OpenFrame, line: string): void {
  const colon = line.indexOf(":");
  // A comment: the sign of life.
  if (colon === 0) return;
  const field = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (field === "data") frame.data.push(value);
  else if (field === "id") frame.id = value;
  else if (field === "event") frame.event = value;
}

async function withinMs<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new PawlError("timeout", "The stream fell silent.")), ms);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
