/**
 * One try of one webhook delivery, after Standard Webhooks: signed with the tenant's secret, the same
 * `webhook-id` on every try. 2xx is success; everything else is tried again over three days, except 410, which
 * says that nobody wants it any more, and what our own policy refuses.
 */
import { EgressDeniedError, type EgressGuard } from "@pawl/agent";
import { taskView } from "@pawl/protocol";
import { type Log, redact } from "@pawl/service";
import {
  type Delivery,
  type DeliveryTry,
  deliveredTask,
  readDelivery,
  recordDelivery,
  type Store,
  type WebhookJob,
  webhookSecret,
} from "@pawl/store";
import { Webhook } from "standardwebhooks";
import { deliveryDelayMs } from "./delivery-schedule.ts";

export type DeliverDeps = {
  store: Store;
  egress: EgressGuard;
  nowMs: () => number;
  random: () => number;
  log: Log;
};

const TRY_TIMEOUT_MS = 15_000;
const GONE = 410;

type TryResult = DeliveryTry & { retryAfterMs?: number | undefined; final?: boolean };

export async function deliverWebhook(job: WebhookJob, deps: DeliverDeps): Promise<void> {
  const { store, log } = deps;
  const delivery = await readDelivery(store, job.tenant, job.delivery);
  if (delivery === undefined || delivery.state !== "pending" || delivery.tries !== job.try) return;
  const startedAtMs = deps.nowMs();
  const result = await attempt(job.tenant, delivery, deps);
  const outcome: DeliveryTry = {
    status: result.status,
    error: result.error,
    duration_ms: Math.max(0, deps.nowMs() - startedAtMs),
  };
  const delivered = result.error === null;
  const nextAfterMs =
    delivered || result.final
      ? null
      : deliveryDelayMs({
          tries: job.try + 1,
          elapsedMs: deps.nowMs() - delivery.roundAtMs,
          retryAfterMs: result.retryAfterMs,
          random: deps.random,
        });
  const state = delivered ? "delivered" : nextAfterMs === null ? "failed" : "pending";
  await recordDelivery(store, {
    tenant: job.tenant,
    delivery: delivery.id,
    try: job.try,
    state,
    nextAfterMs: nextAfterMs ?? 0,
    outcome,
  });
  const fields = {
    tenant: job.tenant,
    task: delivery.task,
    delivery: delivery.id,
    try: job.try + 1,
    ...outcome,
  };
  if (delivered) log.info("webhook delivered", fields);
  else log.warn(state === "failed" ? "webhook given up" : "webhook failed", { ...fields, nextAfterMs });
}

async function attempt(tenant: string, delivery: Delivery, deps: DeliverDeps): Promise<TryResult> {
  const { store, egress } = deps;
  const [told, secret] = await Promise.all([
    deliveredTask(store, tenant, delivery),
    webhookSecret(store, tenant),
  ]);
  const url = told?.state.submitted.webhook_url;
  if (told === undefined || url === undefined || url === null)
    return { status: null, error: "the task is no longer kept", duration_ms: 0, final: true };
  if (secret === undefined)
    return { status: null, error: "the tenant has no signing secret", duration_ms: 0 };

  const body = JSON.stringify({
    type: delivery.type,
    timestamp: new Date(told.event.at).toISOString(),
    data: redact(taskView(delivery.task, told.state)),
  });
  const sentAt = new Date(deps.nowMs());
  try {
    egress.checkWebhookUrl(url);
    const response = await egress.fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: {
        "content-type": "application/json",
        "user-agent": "Pawl-Webhooks/1",
        "webhook-id": delivery.id,
        "webhook-timestamp": String(Math.floor(sentAt.getTime() / 1000)),
        "webhook-signature": new Webhook(secret).sign(delivery.id, sentAt, body),
      },
      body,
      signal: AbortSignal.timeout(TRY_TIMEOUT_MS),
    });
    // The answer's body is nobody's business, and may be endless.
    await response.body?.cancel();
    if (response.ok) return { status: response.status, error: null, duration_ms: 0 };
    return {
      status: response.status,
      error: `the receiver answered ${response.status}`,
      duration_ms: 0,
      retryAfterMs: retryAfterMs(response.headers.get("retry-after"), deps.nowMs()),
      final: response.status === GONE,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    return {
      status: null,
      error: message + cause,
      duration_ms: 0,
      final: error instanceof EgressDeniedError,
    };
  }
}

/** Seconds, or a date. */
function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  const afterMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(afterMs) && afterMs > 0 ? afterMs : undefined;
}
