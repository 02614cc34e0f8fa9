// The bytes of a request as JSON, or what is wrong with them. Never more than the limit is kept in memory.

import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { type ApiError, apiError } from "./api-error.ts";

export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** undefined: the client went away while it was sending. */
export async function readJsonBody(
  request: IncomingMessage,
): Promise<{ body: unknown } | { error: ApiError } | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      if (!Buffer.isBuffer(chunk)) continue;
      bytes += chunk.length;
      // Read on, so that the client can hear the answer, but keep nothing.
      if (bytes > MAX_BODY_BYTES) chunks.length = 0;
      else chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  if (bytes > MAX_BODY_BYTES)
    return { error: apiError(413, `Request exceeds the maximum size of ${MAX_BODY_BYTES} bytes`) };
  const whole = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  if (!isUtf8(whole)) return { error: apiError(400, "The request body is not valid UTF-8") };
  try {
    const body: unknown = JSON.parse(whole.toString("utf8"));
    return { body };
  } catch {
    return { error: apiError(400, "The request body is not valid JSON") };
  }
}
