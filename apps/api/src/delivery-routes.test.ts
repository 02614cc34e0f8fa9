import { recordDelivery } from "@pawl/store";
import { describe, expect, it } from "vitest";
import { ownApi, work } from "./own-api.fixture.ts";

const api = await ownApi();
const { store } = api;
const tenant = "default";

/** A task that has ended, and its delivery as the list shows it. */
async function owed() {
  const task = await api.submit({ webhook_url: "https://example.com/hook" });
  await (await work(store, tenant, task)).complete();
  const list = await api.call(`/v1/deliveries?task=${task}`);
  return { task, delivery: list.body.data[0] };
}

describe("a delivery", () => {
  it("is listed from the task's end on", async () => {
    const { task, delivery } = await owed();
    expect(delivery).toEqual({
      id: expect.stringMatching(/^dlv_/),
      task_id: task,
      type: "task.completed",
      state: "pending",
      url: "https://example.com/hook",
      tries: 0,
      created_at: expect.stringMatching(/Z$/),
      next_at: expect.stringMatching(/Z$/),
      last_try_at: null,
      last_try: null,
    });
    expect((await api.call(`/v1/deliveries/${delivery.id}`)).body).toEqual(delivery);
  });

  it("is listed newest first, page by page", async () => {
    await owed();
    await owed();
    const whole = (await api.call("/v1/deliveries")).body.data;
    const first = (await api.call("/v1/deliveries?limit=1")).body;
    const rest = (await api.call(`/v1/deliveries?cursor=${first.next_cursor}`)).body;
    expect([...first.data, ...rest.data]).toEqual(whole);
    expect(rest.next_cursor).toBeNull();
  });

  it("that failed can be sent again, under the same id", async () => {
    const { delivery } = await owed();
    const outcome = { status: 500, error: "HTTP 500", duration_ms: 3 };
    await recordDelivery(store, {
      tenant,
      delivery: delivery.id,
      try: 0,
      state: "failed",
      nextAfterMs: 0,
      outcome,
    });
    expect((await api.call(`/v1/deliveries/${delivery.id}`)).body).toMatchObject({
      state: "failed",
      tries: 1,
      next_at: null,
      last_try: outcome,
    });
    const again = await api.call(`/v1/deliveries/${delivery.id}/redeliver`, { method: "POST" });
    expect(again).toMatchObject({ status: 202, body: { id: delivery.id, state: "pending", tries: 1 } });
    expect(again.headers.get("location")).toBe(`/v1/deliveries/${delivery.id}`);
    const jobs = await store.queues.webhooks.getJobs(["waiting"]);
    expect(jobs.map(({ data }) => data)).toContainEqual({ tenant, delivery: delivery.id, try: 1 });
  });
});
