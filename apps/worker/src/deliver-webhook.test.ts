import { createEgressGuard } from "@pawl/agent";
import { newId } from "@pawl/protocol";
import { createLog } from "@pawl/service";
import { cancelTask, globalKeys, readDelivery, redeliver, submitTask, type WebhookJob } from "@pawl/store";
import { Webhook } from "standardwebhooks";
import { beforeEach, describe, expect, it } from "vitest";
import { claimedTask, holding, settled } from "../../../test/support/claimed.ts";
import { startReceiver } from "../../../test/support/receiver.ts";
import { ownStore, submitted, terms, userAccount } from "../../../test/support/store.ts";
import { submission } from "../../../test/support/submission.ts";
import { deliverWebhook } from "./deliver-webhook.ts";
import { deliveryDelayMs } from "./delivery-schedule.ts";

const SECRET = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
const tenant = "acme";
const store = await ownStore();
await store.redis.hset(globalKeys.tenant(tenant), "webhook_secret", SECRET);
const receiver = await startReceiver();
const log = createLog({ process: "test", level: "silent" });
const deps = {
  store,
  egress: createEgressGuard({ allow: ["127.0.0.1"] }),
  nowMs: Date.now,
  random: () => 0.5,
  log,
};

beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = () => ({ status: 204 });
});

/** A task that has ended and owes its webhook. */
async function owedDelivery(url = receiver.url): Promise<WebhookJob> {
  const task = await submitted(store, { webhook_url: url, metadata: { order: 7 } });
  const delivery = newId("dlv", Date.now());
  await cancelTask(store, { tenant, task, deliveryId: delivery });
  return { tenant, delivery, try: 0 };
}

const stateOf = async ({ delivery }: WebhookJob) => readDelivery(store, tenant, delivery);

describe("a delivery", () => {
  it("is signed, and tells the task as it stood", async () => {
    const job = await owedDelivery();
    await deliverWebhook(job, deps);
    const [got] = receiver.received;
    if (got === undefined) throw new Error("nothing was received");
    const verified = new Webhook(SECRET).verify(got.body, got.headers);
    expect(verified).toMatchObject({
      type: "task.cancelled",
      data: { status: "cancelled", stop_reason: "cancelled", metadata: { order: 7 } },
    });
    expect(() =>
      new Webhook(`whsec_${Buffer.alloc(32, 4).toString("base64")}`).verify(got.body, got.headers),
    ).toThrow();
    expect(await stateOf(job)).toMatchObject({ state: "delivered", tries: 1, nextAtMs: null });
  });

  it("tells of a wait for a window's end, however the task stands by then", async () => {
    const spender = userAccount("told", 100, { window: "day", onExceeded: "wait" });
    const before = await claimedTask(store);
    await before.step(1, { next: holding(terms({ accounts: [spender] }), "m1", 100) });
    await before.step(2, settled("m1", 100));
    const [task, delivery] = [newId("task", Date.now()), newId("dlv", Date.now())];
    await submitTask(store, {
      tenant,
      task,
      data: submission({ webhook_url: receiver.url }),
      terms: terms({ accounts: [spender] }),
      leastNanoUsd: 1,
      deliveryId: delivery,
    });
    await cancelTask(store, { tenant, task, deliveryId: newId("dlv", Date.now()) });
    await deliverWebhook({ tenant, delivery, try: 0 }, deps);
    const [got] = receiver.received;
    expect(new Webhook(SECRET).verify(got?.body ?? "", got?.headers ?? {})).toMatchObject({
      type: "task.waiting",
      data: { id: task, status: "waiting", waiting_for: "budget" },
    });
  });

  it("is tried again later with the same id when the receiver fails", async () => {
    receiver.answer = (n) => ({ status: n === 0 ? 500 : 200 });
    const job = await owedDelivery();
    await deliverWebhook(job, deps);
    const failed = await stateOf(job);
    expect(failed).toMatchObject({ state: "pending", tries: 1, lastTry: { status: 500 } });
    expect(failed?.nextAtMs).toBeGreaterThan(Date.now());
    await deliverWebhook({ ...job, try: 1 }, deps);
    expect(await stateOf(job)).toMatchObject({ state: "delivered", tries: 2 });
    const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([job.delivery, job.delivery]);
  });

  it("waits at least as long as the receiver asks", async () => {
    receiver.answer = () => ({ status: 503, headers: { "retry-after": "3600" } });
    const job = await owedDelivery();
    await deliverWebhook(job, deps);
    expect((await stateOf(job))?.nextAtMs).toBeGreaterThan(Date.now() + 3_500_000);
  });

  it("does not follow a redirect, and takes it for a failure", async () => {
    receiver.answer = () => ({ status: 302, headers: { location: receiver.url } });
    const job = await owedDelivery();
    await deliverWebhook(job, deps);
    expect(receiver.received).toHaveLength(1);
    expect(await stateOf(job)).toMatchObject({ state: "pending", lastTry: { status: 302 } });
  });

  it("is given up at once when nobody wants it, or when our own policy refuses it", async () => {
    receiver.answer = () => ({ status: 410 });
    const gone = await owedDelivery();
    await deliverWebhook(gone, deps);
    expect(await stateOf(gone)).toMatchObject({ state: "failed", tries: 1 });
    const metadataService = await owedDelivery("https://169.254.169.254/latest");
    await deliverWebhook(metadataService, deps);
    expect(await stateOf(metadataService)).toMatchObject({ state: "failed", lastTry: { status: null } });
  });

  it("is recorded once where two workers try it at the same time", async () => {
    const job = await owedDelivery();
    await Promise.all([deliverWebhook(job, deps), deliverWebhook(job, deps)]);
    expect(await stateOf(job)).toMatchObject({ state: "delivered", tries: 1 });
  });

  it("goes out again when somebody asks for it", async () => {
    const job = await owedDelivery();
    await deliverWebhook(job, deps);
    expect(await redeliver(store, tenant, job.delivery)).toBe("recorded");
    expect(await stateOf(job)).toMatchObject({ state: "pending" });
    await deliverWebhook({ ...job, try: 1 }, deps);
    expect(receiver.received).toHaveLength(2);
    expect(await stateOf(job)).toMatchObject({ state: "delivered", tries: 2 });
  });
});

describe("the schedule", () => {
  it("grows, and gives up after three days", () => {
    let elapsedMs = 0;
    let tries = 0;
    const delays: number[] = [];
    for (;;) {
      const delay = deliveryDelayMs({ tries: ++tries, elapsedMs, retryAfterMs: undefined, random: () => 1 });
      if (delay === null) break;
      delays.push(delay);
      elapsedMs += delay;
    }
    expect(delays.slice(0, 3)).toEqual([5000, 10_000, 20_000]);
    expect(elapsedMs).toBeLessThanOrEqual(3 * 86_400_000);
    expect(elapsedMs).toBeGreaterThan(2 * 86_400_000);
    expect(delays.length).toBeGreaterThan(12);
  });

  it("is spread over half of each delay", () => {
    const at = (random: number) =>
      deliveryDelayMs({ tries: 4, elapsedMs: 0, retryAfterMs: undefined, random: () => random });
    expect([at(0), at(1)]).toEqual([20_000, 40_000]);
  });
});
