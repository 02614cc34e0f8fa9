/**
 * Reads a reply out of the bytes of its response: named events, each of them JSON, put together as they come. The SDK
 * has written the request and judged the status by then; why it does not read the stream is in
 * docs/decisions/0011-the-stream-is-pushed.md.
 */
import Anthropic from "@anthropic-ai/sdk";
import { buildReply, type ModelReply, StreamIncompleteError } from "./reply.ts";
import { sseReader } from "./sse.ts";
import { UnreadResponse } from "./watched-fetch.ts";

/** Rejects with what broke the stream, an `APIError` without status if it was an `error` event. */
export async function readReply(response: Response, onText: (text: string) => void): Promise<ModelReply> {
  if (!(response instanceof UnreadResponse)) {
    await response.body?.cancel();
    throw new StreamIncompleteError("the model's answer is no stream");
  }
  const { answer, headers } = response;
  const reply = buildReply(onText);
  await new Promise<void>((resolve, reject) => {
    const stream = sseReader((name, data) => {
      if (name === "error") throw streamedError(data, headers);
      if (name === "ping" || data === "") return;
      const event = eventOf(data);
      reply.hear(event);
      // It is whole now, whatever becomes of the connection, which is read to its end to be used again.
      if (event.type === "message_stop") resolve();
    });
    answer.readBy({ data: stream.feed, end: resolve, fail: reject });
  });
  return reply.finish();
}

function eventOf(data: string): Anthropic.RawMessageStreamEvent {
  try {
    return JSON.parse(data);
  } catch (error) {
    throw new StreamIncompleteError("the model's stream is damaged: an event is no JSON", { cause: error });
  }
}

/** As the SDK throws it: without a status, for the status was 200. */
function streamedError(data: string, headers: Headers): Error {
  let error: object;
  try {
    error = JSON.parse(data);
  } catch {
    error = { message: data };
  }
  return new Anthropic.APIError(undefined, error, undefined, headers);
}
