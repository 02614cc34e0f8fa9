/** Fairness by admission: bounded seats, backlogs served round and round, nothing lost on the way. */
import { newId } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { expectHeadToMatchJournal } from "../../../test/support/head.ts";
import { ownStore, terms } from "../../../test/support/store.ts";
import { submission } from "../../../test/support/submission.ts";
import {
  admitWaiting,
  cancelTask,
  claimTask,
  key,
  type OwedLeg,
  ringAlarm,
  stepTask,
  submitTask,
} from "./index.ts";

const store = await ownStore({ seats: { perUser: 2, perTenant: 5 } });
let tenants = 0;
const freshTenant = () => `tenant-${++tenants}`;

async function submit(tenant: string, user: string | null, over: object = {}) {
  const task = newId("task", Date.now());
  const data = submission({ user, ...over });
  const outcome = await submitTask(store, { tenant, task, data, terms: terms(), leastNanoUsd: 0 });
  if (outcome.kind !== "submitted") throw new Error(outcome.kind);
  return { task, legs: outcome.legs };
}

const cancel = async (tenant: string, task: string): Promise<OwedLeg[]> => {
  const outcome = await cancelTask(store, { tenant, task, deliveryId: "dlv_x" });
  if (outcome.kind !== "done") throw new Error(outcome.kind);
  return outcome.legs;
};

const owner = new Map<string, string>();
async function submitMany(tenant: string, user: string, count: number): Promise<OwedLeg[]> {
  const legs: OwedLeg[] = [];
  for (let i = 0; i < count; i++) {
    const submitted = await submit(tenant, user);
    owner.set(submitted.task, user);
    legs.push(...submitted.legs);
  }
  return legs;
}

describe("a user", () => {
  it("has a bounded number of tasks in the queue; the next gets the seat of one that ends", async () => {
    const tenant = freshTenant();
    const legs = await submitMany(tenant, "ann", 5);
    expect(legs).toHaveLength(2);
    const [first] = legs;
    const admitted = await cancel(tenant, first?.task ?? "");
    expect(admitted).toHaveLength(1);
    expect(await store.redis.scard(key(tenant, "seats", "ann"))).toBe(2);
    for (const { task } of admitted) await expectHeadToMatchJournal(store, tenant, task);
  });

  it("does not make another user wait for more than his own seats", async () => {
    const tenant = freshTenant();
    await submitMany(tenant, "ann", 100);
    const bob = await submit(tenant, "bob");
    expect(bob.legs).toHaveLength(1);
  });

  it("keeps the order of his own tasks", async () => {
    const tenant = freshTenant();
    const tasks: string[] = [];
    for (let i = 0; i < 6; i++) tasks.push((await submit(tenant, "ann")).task);
    const served: string[] = tasks.slice(0, 2);
    for (let i = 0; i < 4; i++) {
      const [leg] = await cancel(tenant, served[i] ?? "");
      served.push(leg?.task ?? "none");
    }
    expect(served).toEqual(tasks);
  });

  it("gives up his place in the backlog with the task", async () => {
    const tenant = freshTenant();
    await submitMany(tenant, "ann", 2);
    const waiting = await submit(tenant, "ann");
    expect(waiting.legs).toEqual([]);
    expect(await cancel(tenant, waiting.task)).toEqual([]);
    expect(await store.redis.exists(key(tenant, "backlog", "ann"))).toBe(0);
    await expectHeadToMatchJournal(store, tenant, waiting.task);
  });
});

describe("a tenant", () => {
  it("serves its users in turn where its own seats are short", async () => {
    const tenant = freshTenant();
    const seated = [
      ...(await submitMany(tenant, "ann", 10)),
      ...(await submitMany(tenant, "bob", 10)),
      ...(await submitMany(tenant, "cleo", 10)),
    ];
    expect(seated).toHaveLength(5);
    const turns: string[] = [];
    for (let i = 0; i < 9; i++) {
      const [leg] = await cancel(tenant, seated[i]?.task ?? "");
      if (leg === undefined) throw new Error("nobody was admitted");
      seated.push(leg);
      turns.push(owner.get(leg.task) ?? "?");
    }
    for (const user of ["ann", "bob", "cleo"])
      expect(turns.filter((turn) => turn === user).length, user).toBeGreaterThanOrEqual(2);
    expect(await store.redis.scard(key(tenant, "allSeats"))).toBe(5);
  });

  it("bounds tasks that name no user by its own seats alone", async () => {
    const tenant = freshTenant();
    let legs = 0;
    for (let i = 0; i < 8; i++) legs += (await submit(tenant, null)).legs.length;
    expect(legs).toBe(5);
  });

  it("lets nobody starve, and ends with no seat taken", async () => {
    const tenant = freshTenant();
    const open = [...(await submitMany(tenant, "ann", 30)), ...(await submitMany(tenant, "bob", 5))];
    let ended = 0;
    for (let leg = open.shift(); leg !== undefined; leg = open.shift()) {
      open.push(...(await cancel(tenant, leg.task)));
      ended += 1;
    }
    expect(ended).toBe(35);
    for (const kind of ["allSeats", "hungry"] as const)
      expect(await store.redis.exists(key(tenant, kind))).toBe(0);
  });
});

describe("a task that parks", () => {
  it("gives up its seat, and is served before newcomers when it wakes", async () => {
    const tenant = freshTenant();
    const [first] = await submitMany(tenant, "ann", 4);
    const task = first?.task ?? "";
    const started = { worker: "w", leg: 1, model_provider: "test" };
    const claim = await claimTask(store, { tenant, task, leg: 1, start: 1, started });
    if (claim.kind !== "claimed") throw new Error("not claimed");
    const parked = await stepTask(store, {
      tenant,
      task,
      epoch: claim.epoch,
      n: 1,
      cursor: 2,
      facts: [{ type: "task.waiting", data: { for: "retry", after_ms: 0 } }],
      settled: [],
      transition: { to: "waiting", for: "retry", afterMs: 0 },
    });
    // Its seat went to the next of the backlog.
    expect(parked).toMatchObject({ kind: "done", legs: [{ leg: 1 }] });
    expect(await ringAlarm(store, { tenant, task, waitingFor: "retry", deliveryId: "dlv_x" })).toMatchObject({
      kind: "done",
      legs: [],
    });
    await expectHeadToMatchJournal(store, tenant, task);
    const seatedNow = await store.redis.smembers(key(tenant, "seats", "ann"));
    expect(await cancel(tenant, seatedNow[0] ?? "")).toMatchObject([{ task, leg: 2 }]);
  });
});

it("a raised cap is used once somebody looks", async () => {
  const tenant = freshTenant();
  await submitMany(tenant, "ann", 4);
  expect(await admitWaiting(store, tenant)).toEqual([]);
  await store.redis.hset(key(tenant, "admission"), "user_cap", 3);
  await store.redis.zadd(key(tenant, "hungry"), 1, "ann");
  expect(await admitWaiting(store, tenant)).toHaveLength(1);
});

it("a task goes to the lane of its priority", async () => {
  const tenant = freshTenant();
  expect((await submit(tenant, "ann", { priority: "low" })).legs).toMatchObject([{ lane: "low" }]);
  expect((await submit(tenant, "ann", { priority: "high" })).legs).toMatchObject([{ lane: "high" }]);
});
