/**
 * Whether a webhook is Pawl's, after Standard Webhooks. WebCrypto alone, so it works wherever JavaScript does; the
 * comparison is the platform's own, in constant time.
 */
import type { WebhookBody } from "./wire.ts";

export type WebhookErrorCode = "missing_header" | "bad_secret" | "too_old" | "too_new" | "no_match";

export class WebhookError extends Error {
  override readonly name = "WebhookError";
  readonly code: WebhookErrorCode;

  constructor(code: WebhookErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type WebhookRequest = {
  /** The body as it came: JSON that was parsed and written again is another text. */
  body: string | Uint8Array;
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** `whsec_…`; two of them while the secret is being changed. */
  secret: string | readonly string[];
  /** How far its timestamp may be from now. Default 300,000. */
  toleranceMs?: number | undefined;
  nowMs?: number | undefined;
};

const TOLERANCE_MS = 5 * 60_000;

/**
 * Returns what the webhook says; throws a WebhookError where it is not to be trusted. The same webhook may come more than
 * once: `webhook-id` tells.
 *
 * ```ts
 * import { verifyWebhook, WebhookError } from "@pawl/client";
 *
 * export async function onRequest(request: Request): Promise<Response> {
 *   try {
 *     const body = await request.text();
 *     const secret = process.env.PAWL_WEBHOOK_SECRET ?? "";
 *     const { type, data } = await verifyWebhook({ body, headers: request.headers, secret });
 *     console.log(type, data.id, data.result?.text);
 *     return new Response(null, { status: 204 });
 *   } catch (error) {
 *     if (error instanceof WebhookError) return new Response(null, { status: 401 });
 *     throw error;
 *   }
 * }
 * ```
 */
export async function verifyWebhook(request: WebhookRequest): Promise<WebhookBody> {
  const { toleranceMs = TOLERANCE_MS, nowMs = Date.now() } = request;
  const id = headerOf(request.headers, "webhook-id");
  const timestamp = headerOf(request.headers, "webhook-timestamp");
  const signatures = headerOf(request.headers, "webhook-signature").split(" ");

  const ageMs = nowMs - Number(timestamp) * 1000;
  if (!/^\d{1,12}$/.test(timestamp) || ageMs > toleranceMs) {
    throw new WebhookError("too_old", "The webhook's timestamp is too old, or none.");
  }
  if (ageMs < -toleranceMs) throw new WebhookError("too_new", "The webhook's timestamp is in the future.");

  const encoder = new TextEncoder();
  const body = typeof request.body === "string" ? encoder.encode(request.body) : request.body;
  const signed = concat(encoder.encode(`${id}.${timestamp}.`), body);
  const offered = signatures.flatMap((each) => bytesOfBase64(/^v1,(.+)$/.exec(each)?.[1]) ?? []);
  for (const secret of [request.secret].flat()) {
    const key = await keyOf(secret);
    for (const signature of offered) {
      if (await crypto.subtle.verify("HMAC", key, signature, signed)) {
        return JSON.parse(new TextDecoder().decode(body)) as WebhookBody;
      }
    }
  }
  throw new WebhookError("no_match", "No signature of the webhook is made with this secret.");
}

function headerOf(headers: WebhookRequest["headers"], name: string): string {
  const found =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  if (typeof found === "string" && found !== "") return found;
  throw new WebhookError("missing_header", `The webhook has no header ${name}.`);
}

async function keyOf(secret: string): Promise<Awaited<ReturnType<typeof crypto.subtle.importKey>>> {
  const bytes = bytesOfBase64(secret.replace(/^whsec_/, ""));
  if (bytes === undefined || bytes.length === 0) {
    throw new WebhookError("bad_secret", "A signing secret is whsec_ and base64.");
  }
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function bytesOfBase64(text: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (text === undefined) return undefined;
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function concat(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}
