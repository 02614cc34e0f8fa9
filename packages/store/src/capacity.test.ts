/** The provider's allowance, given out to a fleet of workers by the script. */
import { describe, expect, it } from "vitest";
import { ownStore } from "../../../test/support/store.ts";
import { type CapacityAsk, leaseCapacity } from "./capacity.ts";

const store = await ownStore();
let models = 0;

function worker(name: string, model: string, configured: CapacityAsk["configured"] = {}) {
  return (over: Partial<CapacityAsk> = {}) =>
    leaseCapacity(store, {
      provider: "test",
      model,
      worker: name,
      wantedCalls: 0,
      weight: over.wantedCalls ?? 0,
      inputTokens: 100,
      outputTokens: 10,
      unslottedCalls: 0,
      returnedCalls: 0,
      unusedInputTokens: 0,
      unusedOutputTokens: 0,
      configured,
      horizonMs: 1000,
      ...over,
    });
}
const newModel = () => `model ${++models}`;

describe("what is known of a provider's limits", () => {
  it("is nothing at first, then what any worker was told, for all of them", async () => {
    const model = newModel();
    const [one, other] = [worker("one", model), worker("other", model)];
    expect(await one()).toMatchObject({ known: "unknown", grantedCalls: 0 });
    await one({ news: { kind: "limits", limits: { requests: 50 }, remainingRequests: 49 } });
    expect(await other()).toMatchObject({ known: "limited", limits: { requests: 50 } });
    await one({ news: { kind: "free" } });
    expect(await other()).toMatchObject({ known: "free", limits: {} });
  });

  it("is the lower of what is configured and what was told", async () => {
    const ask = worker("one", newModel(), { requests: 600, inputTokens: 1000 });
    const limits = { requests: 50, inputTokens: 9000, outputTokens: 7000 };
    expect(await ask({ news: { kind: "limits", limits } })).toMatchObject({
      limits: { requests: 50, inputTokens: 1000, outputTokens: 7000 },
    });
  });
});

describe("slots", () => {
  it("lie evenly a little below the limit, no further ahead than asked for", async () => {
    const ask = worker("one", newModel(), { requests: 600 });
    const lease = await ask({ wantedCalls: 500 });
    expect(lease.everyMs).toBeCloseTo(60_000 / 588, 1);
    expect(lease.grantedCalls).toBe(10);
    const next = await ask({ wantedCalls: 500 });
    expect(next.grantedCalls).toBeLessThanOrEqual(1);
  });

  it("never come to more than the limit in a minute, whatever was sent before it was known", async () => {
    const ask = worker("one", newModel(), { requests: 50 });
    await ask({ unslottedCalls: 49 });
    let granted = 0;
    // The moments at which the slots lie move on, the count of the last minute does not.
    for (let i = 0; i < 5; i += 1)
      granted += (await ask({ wantedCalls: 50, horizonMs: 600_000 })).grantedCalls;
    expect(granted).toBe(1);
  });

  it("count what was used before the fleet knew of the limit", async () => {
    const ask = worker("one", newModel());
    const news = { kind: "limits", limits: { requests: 50 }, remainingRequests: 0 } as const;
    expect(await ask({ news, wantedCalls: 10, horizonMs: 600_000 })).toMatchObject({ grantedCalls: 0 });
  });

  it("are shared by how many wait", async () => {
    const model = newModel();
    const limits = { requests: 6000 };
    const [many, few] = [worker("many", model, limits), worker("few", model, limits)];
    await few({ wantedCalls: 0, weight: 25 });
    const lease = await many({ wantedCalls: 500, weight: 75 });
    expect(lease.othersWeight).toBe(25);
    expect(lease.grantedCalls).toBeGreaterThan(66);
    expect(lease.grantedCalls).toBeLessThan(82);
    expect((await few({ wantedCalls: 500, weight: 25 })).grantedCalls).toBeGreaterThan(0);
  });

  it("that nobody used are somebody else's", async () => {
    const model = newModel();
    const limits = { requests: 600 };
    const [one, other] = [worker("one", model, limits), worker("other", model, limits)];
    const { grantedCalls } = await one({ wantedCalls: 10 });
    expect((await other({ wantedCalls: 10, weight: 1 })).grantedCalls).toBeLessThanOrEqual(1);
    await one({ returnedCalls: grantedCalls });
    expect((await other({ wantedCalls: 10 })).grantedCalls).toBeGreaterThan(5);
  });

  it("given back count for nothing in the minute's count, whenever they were given out", async () => {
    const model = newModel();
    const ask = worker("one", model, { requests: 10 });
    await ask({ unslottedCalls: 9 });
    // As if that had been a while ago.
    const name = `pawl:{capacity:test/${model}}`;
    const [field = ""] = (await store.redis.hkeys(name)).filter((each) => each.startsWith("c:"));
    await store.redis.hdel(name, field);
    await store.redis.hset(name, `c:${Number(field.slice(2)) - 30}`, "9");
    await ask({ returnedCalls: 5 });
    const counts = await store.redis.hgetall(name);
    const counted = Object.entries(counts).filter(([each]) => each.startsWith("c:"));
    expect(counted.reduce((sum, [, calls]) => sum + Number(calls), 0)).toBe(4);
  });

  it("wait for tokens where these are what is short, until fewer were used than expected", async () => {
    const ask = worker("one", newModel(), { inputTokens: 60_000 });
    const lease = await ask({ wantedCalls: 100, inputTokens: 10_000 });
    // Ten thousand tokens are a sixth of what a minute has.
    expect(lease.everyMs).toBeGreaterThan(10_000);
    expect(lease.grantedCalls).toBe(1);
    expect((await ask({ wantedCalls: 1, inputTokens: 10_000 })).grantedCalls).toBe(0);
    expect((await ask({ wantedCalls: 1, inputTokens: 10, unusedInputTokens: 9_990 })).grantedCalls).toBe(1);
  });
});

describe("a refusal", () => {
  it("stops every worker for a while, and lowers what is used afterwards", async () => {
    const model = newModel();
    const limits = { requests: 600 };
    const [one, other] = [worker("one", model, limits), worker("other", model, limits)];
    await one({ pauseMs: 60_000 });
    const lease = await other({ wantedCalls: 10 });
    expect(lease).toMatchObject({ grantedCalls: 0 });
    expect(lease.pausedMs).toBeGreaterThan(50_000);
    expect(lease.everyMs).toBeGreaterThan(112);
  });
});
