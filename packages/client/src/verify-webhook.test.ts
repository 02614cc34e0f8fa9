import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { verifyWebhook, type WebhookErrorCode, type WebhookRequest } from "./verify-webhook.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const otherSecret = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;
const nowMs = Date.UTC(2026, 10, 22, 10);
const body = JSON.stringify({ type: "task.completed", timestamp: "x", data: { id: "task_ü𝄞" } });

/** As Pawl's worker signs it. */
function request(over: Partial<WebhookRequest> = {}, signedAtMs = nowMs, signers = [secret]): WebhookRequest {
  const signature = signers
    .map((each) => new Webhook(each).sign("dlv_1", new Date(signedAtMs), body))
    .join(" ");
  const headers = {
    "webhook-id": "dlv_1",
    "webhook-timestamp": String(Math.floor(signedAtMs / 1000)),
    "webhook-signature": signature,
  };
  return { body, headers, secret, nowMs, ...over };
}

describe("verifyWebhook", () => {
  it("returns what a genuine webhook says, from text or bytes, from any kind of headers", async () => {
    const genuine = request();
    const { headers } = genuine as { headers: Record<string, string> };
    const shouting = Object.fromEntries(Object.entries(headers).map(([name, v]) => [name.toUpperCase(), v]));
    for (const each of [
      genuine,
      { ...genuine, body: new TextEncoder().encode(body) },
      { ...genuine, headers: new Headers(headers) },
      { ...genuine, headers: shouting },
    ]) {
      expect(await verifyWebhook(each)).toEqual(JSON.parse(body));
    }
  });

  it("takes either of two secrets, whichever side has both", async () => {
    const both = request({ secret: [otherSecret, secret] });
    expect(await verifyWebhook(both)).toHaveProperty("type");
    const twice = request({ secret: otherSecret }, nowMs, [secret, otherSecret]);
    expect(await verifyWebhook(twice)).toHaveProperty("type");
  });

  const refused: [string, WebhookErrorCode, () => WebhookRequest][] = [
    ["another secret", "no_match", () => request({ secret: otherSecret })],
    ["another body", "no_match", () => request({ body: `${body} ` })],
    ["an old timestamp", "too_old", () => request({}, nowMs - 301_000)],
    ["a timestamp to come", "too_new", () => request({}, nowMs + 301_000)],
    ["no headers", "missing_header", () => request({ headers: {} })],
    ["a secret that is none", "bad_secret", () => request({ secret: "whsec_" })],
    ["no secret", "no_match", () => request({ secret: [] })],
    [
      "a signature of another version",
      "no_match",
      () => {
        const { headers, ...rest } = request() as WebhookRequest & { headers: Record<string, string> };
        const signature = headers["webhook-signature"]?.replace("v1,", "v1a,");
        return { ...rest, headers: { ...headers, "webhook-signature": signature } };
      },
    ],
    [
      "a timestamp that was not signed",
      "no_match",
      () => {
        const { headers, ...rest } = request() as WebhookRequest & { headers: Record<string, string> };
        return { ...rest, headers: { ...headers, "webhook-timestamp": String(nowMs / 1000 + 1) } };
      },
    ],
  ];
  it.each(refused)("refuses %s", async (_what, code, made) => {
    await expect(verifyWebhook(made())).rejects.toMatchObject({ name: "WebhookError", code });
  });

  it("has a tolerance that may be another", async () => {
    const old = request({ toleranceMs: 400_000 }, nowMs - 301_000);
    expect(await verifyWebhook(old)).toHaveProperty("data");
  });
});
