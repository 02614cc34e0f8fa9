import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Frame, readFrames } from "./server-sent-events.ts";

function streamOf(chunks: Iterable<Uint8Array>, isEnded = true): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      if (isEnded) controller.close();
    },
  });
}

async function framesOf(stream: ReadableStream<Uint8Array>, idleTimeoutMs = 5_000): Promise<Frame[]> {
  return Array.fromAsync(readFrames(stream, { idleTimeoutMs }));
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("readFrames", () => {
  it("reads the same frames however the bytes are cut, whatever ends the lines", async () => {
    const text =
      ': hi\n\nid: 1\nevent: a\ndata: {"t":"ü𝄞"}\n\nretry: 5\n\ndata: x\ndata:y\n\nid: 2\ndata: cut';
    const expected = [
      { id: "1", event: "a", data: '{"t":"ü𝄞"}' },
      { id: "", event: "message", data: "x\ny" },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("\n", "\r\n"),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        async (ending, sizes) => {
          const whole = bytes(text.replaceAll("\n", ending));
          const chunks: Uint8Array[] = [];
          for (let at = 0, n = 0; at < whole.length; n += 1) {
            const size = sizes[n % sizes.length] ?? 1;
            chunks.push(whole.slice(at, at + size));
            at += size;
          }
          expect(await framesOf(streamOf(chunks))).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("takes silence for the end of the connection, and lets it go", async () => {
    let isCancelled = false;
    const silent = new ReadableStream<Uint8Array>({
      cancel() {
        isCancelled = true;
      },
    });
    await expect(framesOf(silent, 20)).rejects.toMatchObject({ name: "PawlError", code: "timeout" });
    expect(isCancelled).toBe(true);
  });

  it("lets the connection go when its reader leaves", async () => {
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes("data: x\n\n")),
      cancel() {
        isCancelled = true;
      },
    });
    for await (const _frame of readFrames(endless, { idleTimeoutMs: 1_000 })) break;
    expect(isCancelled).toBe(true);
  });
});
