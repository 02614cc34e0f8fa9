/** What a spent budget does to who submits and who resumes. */
import { accountKey, readTask } from "@pawl/store";
import { describe, expect, it } from "vitest";
import { ownApi } from "./own-api.fixture.ts";

const api = await ownApi();

const put = (path: string, body: object) => api.call(path, { method: "PUT", body });

/** As if so much had been spent: by the words of an account, which accounts.lua describes. */
async function spend(user: string, nanoUsd: number): Promise<void> {
  const where = accountKey(api.store, "default", { scope: "user", id: user });
  const words = ((await api.store.redis.get(where)) ?? "").split(" ");
  words[1] = String(nanoUsd);
  await api.store.redis.set(where, words.join(" "));
}

describe("a budget that is spent", () => {
  it("refuses a new task with 429 until its window ends, and says whose it is", async () => {
    await put("/v1/budgets/user/eve", { window: "day", limit_usd: 1 });
    await spend("eve", 1_000_000_000);
    const refused = await api.call("/v1/tasks", { body: { input: "x", user: "eve" } });
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ code: "budget_exhausted", detail: expect.stringContaining("user") });
    const afterS = Number(refused.headers.get("retry-after"));
    expect(afterS).toBeGreaterThan(0);
    expect(afterS).toBeLessThanOrEqual(86_400);
    expect((await api.call("/v1/tasks", { body: { input: "x", user: "adam" } })).status).toBe(202);
  });

  it("names no moment where no window's end would help", async () => {
    await put("/v1/budgets/user/tom", { window: "total", limit_usd: 1 });
    await spend("tom", 1_000_000_000);
    const refused = await api.call("/v1/tasks", { body: { input: "x", user: "tom" } });
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBeNull();
  });

  it("accepts a task that is to wait, and answers a repetition alike", async () => {
    await put("/v1/budgets/user/pat", { window: "day", limit_usd: 1, on_exceeded: "wait" });
    await spend("pat", 1_000_000_000);
    const request = { headers: { "idempotency-key": "pat-1" }, body: { input: "x", user: "pat" } };
    const accepted = await api.call("/v1/tasks", request);
    expect(accepted.status).toBe(202);
    expect(accepted.body).toMatchObject({ status: "waiting", waiting_for: "budget" });
    expect((await api.call("/v1/tasks", request)).body).toEqual(accepted.body);

    await put("/v1/budgets/user/pat", { window: "day", limit_usd: 5, on_exceeded: "wait" });
    const state = await readTask(api.store, "default", accepted.body.id);
    expect(state?.status).toBe("queued");
  });

  it("does not refuse the next day, though a call of yesterday settled after midnight", async () => {
    await put("/v1/budgets/user/late", { window: "day", limit_usd: 1 });
    await spend("late", 1_000_000_000);
    const where = accountKey(api.store, "default", { scope: "user", id: "late" });
    const words = ((await api.store.redis.get(where)) ?? "").split(" ");
    // The hour's end was forgotten by a settlement after it; the day's is past.
    words[2] = "0";
    words[8] = String(Date.now() - 1);
    await api.store.redis.set(where, words.join(" "));
    expect((await api.call("/v1/tasks", { body: { input: "x", user: "late" } })).status).toBe(202);
  });
});
