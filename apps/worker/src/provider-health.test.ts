/** Two workers over one Redis: what one of them learns of a provider, the other knows. */
import { createWriteStream } from "node:fs";
import { defineConfig, type ModelGate } from "@pawl/agent";
import { createLog } from "@pawl/service";
import { openNotices } from "@pawl/store";
import { afterAll, expect, it, vi } from "vitest";
import { ownStore } from "../../../test/support/store.ts";
import { openProviderHealth } from "./provider-health.ts";

const store = await ownStore();
const config = defineConfig({ agents: {}, capacity: { breaker: { failures: 3, open_ms: 600_000 } } });
const log = createLog({ process: "worker", level: "info", stream: createWriteStream("/dev/null") });

async function worker(workerId: string): Promise<ModelGate> {
  const notices = openNotices(store, () => {});
  const deps = { store, notices, config, provider: "test", workerId, nowMs: Date.now, log };
  const health = await openProviderHealth(deps);
  afterAll(() => {
    health.close();
    notices.close();
  });
  return health.gate;
}

const [one, other] = await Promise.all([worker("one"), worker("other")]);

async function permitOf(gate: ModelGate, model: string, task: string) {
  const signal = new AbortController().signal;
  const admission = await gate.admit({ model, tenant: "acme", task, signal });
  if (admission.kind !== "go") throw new Error(`sent away: ${admission.kind}`);
  return admission.permit;
}

it("a breaker that one worker opens is open in the other", async () => {
  await (await permitOf(other, "m", "theirs")).done({ kind: "answered", inputTokens: 1, outputTokens: 1 });
  const failure = {
    code: "model_unavailable",
    message: "Overloaded",
    status: 529,
    retryable: true,
    billed: "no",
    retryAfterMs: undefined,
  } as const;
  for (const task of ["a", "b", "c"]) {
    const isForgiven = await (await permitOf(one, "m", task)).done({ kind: "failed", failure });
    expect(isForgiven).toBe(task === "c");
  }
  await vi.waitFor(() => expect(other.isDown("m")).toBe(true));
});

it("limits that a worker is told of are told to the fleet at once", async () => {
  const permit = await permitOf(one, "limited", "a");
  permit.told({ limits: { requests: 60 }, remainingRequests: 0 });
  await permit.done({ kind: "answered", inputTokens: 1, outputTokens: 1 });
  await vi.waitFor(async () => {
    expect(await store.redis.hget("pawl:{capacity:test/limited}", "lr")).toBe("60");
  });
});
