import { foldTask, type NewEvent } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { claimedTask, holding } from "../../../test/support/claimed.ts";
import { expectHeadToMatchJournal } from "../../../test/support/head.ts";
import { ownStore, submitted, terms } from "../../../test/support/store.ts";
import { cancelTask, claimTask, key, readJournal, reportLateUsage, type Step, stepTask } from "./index.ts";

const store = await ownStore();
const tenant = "acme";

const started = (leg: number) => ({ worker: "w1", leg, model_provider: "test" });
const claimed = () => claimedTask(store);
const note: NewEvent = { type: "limit.warned", data: { limit: "max_turns", message: "nearly" } };

describe("a task that waits for capacity", () => {
  it("is given back the attempts that came to nothing, in the head as in the journal", async () => {
    const { task, step } = await claimed();
    const failure = { code: "model_unavailable", message: "Overloaded" } as const;
    const facts: NewEvent[] = [
      {
        type: "model.failed",
        data: {
          call: "m1",
          error: failure,
          status: 529,
          retryable: true,
          capacity: true,
          cost_nano_usd: 0,
          unconfirmed: false,
        },
      },
      { type: "task.waiting", data: { for: "capacity", after_ms: 60_000 } },
    ];
    await step(1, { facts, transition: { to: "waiting", for: "capacity", afterMs: 60_000, uncounted: 1 } });
    const state = foldTask(await readJournal(store, tenant, task));
    expect(state).toMatchObject({ status: "waiting", waitingFor: "capacity", attempts: 0, failedTries: 0 });
    expect(state.deadlineAtMs).not.toBeNull();
    await expectHeadToMatchJournal(store, tenant, task);
  });
});

describe("the command slot", () => {
  it("returns the kept reply to a command sent again, and does nothing twice", async () => {
    const { task, step } = await claimed();
    const first = await step(1, { facts: [note] });
    const again = await step(1, { facts: [note] });
    expect(again).toEqual(first);
    expect(await readJournal(store, tenant, task)).toHaveLength(3);
  });

  it("tells a replayed command what others appended before it, and only that", async () => {
    const { task, epoch, step } = await claimed();
    await step(1, { next: holding(terms(), "m1", 100) });
    const second = await claimTask(store, { tenant, task, leg: 1, start: 2, started: started(1) });
    if (second.kind !== "claimed") throw new Error("not claimed");
    const late = await reportLateUsage(store, {
      tenant,
      task,
      epoch,
      call: "m1",
      usage: { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 },
      costNanoUsd: 7,
    });
    expect(late.kind).toBe("done");
    const command: Partial<Step> = { epoch: second.epoch, cursor: 4, facts: [note] };
    const first = await step(1, command);
    expect(first).toMatchObject({ kind: "done", firstSeq: 6, others: [{ seq: 5, type: "usage.confirmed" }] });
    expect(await step(1, command)).toEqual(first);
    await expectHeadToMatchJournal(store, tenant, task);
  });

  it("refuses an older command, and says so when Redis has forgotten some", async () => {
    const { step } = await claimed();
    await step(1);
    await step(2);
    expect(await step(1)).toEqual({ kind: "fenced" });
    expect(await step(4)).toEqual({ kind: "gap" });
  });

  it("returns the kept reply even after the task was taken away, and nothing else", async () => {
    const { task, step } = await claimed();
    const first = await step(1, { facts: [note] });
    await cancelTask(store, { tenant, task, deliveryId: "dlv_x" });
    expect(await step(1, { facts: [note] })).toEqual(first);
    expect(await step(2, { facts: [note] })).toEqual({ kind: "fenced" });
    expect((await readJournal(store, tenant, task)).at(-1)?.type).toBe("task.cancelled");
    await expectHeadToMatchJournal(store, tenant, task);
  });
});

describe("the fence", () => {
  it("lets nothing through from a worker whose task was claimed by another", async () => {
    const { task, step } = await claimed();
    const second = await claimTask(store, { tenant, task, leg: 1, start: 2, started: started(1) });
    expect(second).toMatchObject({ kind: "claimed", epoch: expect.stringMatching(/^2\./) });
    expect(await step(1, { facts: [note] })).toEqual({ kind: "fenced" });
    const state = foldTask(await readJournal(store, tenant, task));
    expect(state).toMatchObject({ attempts: 2, failedTries: 1 });
  });

  it("answers the same claim twice alike, and refuses an older start or a stale leg", async () => {
    const { task, epoch } = await claimed();
    const claim = (leg: number, start: number) =>
      claimTask(store, { tenant, task, leg, start, started: started(leg) });
    expect(await claim(1, 1)).toMatchObject({ kind: "claimed", epoch });
    expect(await claim(1, 3)).toMatchObject({ kind: "claimed", epoch: expect.stringMatching(/^2\./) });
    expect(await claim(1, 2)).toEqual({ kind: "refused", status: "running" });
    expect(await claim(2, 1)).toEqual({ kind: "refused", status: "running" });
  });

  it("tells a claim from the one that Redis forgot", async () => {
    const task = await submitted(store);
    const head = key(tenant, "head", task);
    const before = await store.redis.hgetall(head);
    const claim = () => claimTask(store, { tenant, task, leg: 1, start: 1, started: started(1) });
    const first = await claim();
    // What a failover to a replica that lagged behind would leave.
    await store.redis.del(head);
    await store.redis.hset(head, before);
    await store.redis.ltrim(key(tenant, "journal", task), 0, 0);
    const second = await claim();
    if (first.kind !== "claimed" || second.kind !== "claimed") throw new Error("not claimed");
    const base = {
      tenant,
      task,
      n: 1,
      cursor: 2,
      settled: [],
      facts: [note],
      transition: { to: "running" },
    } as const;
    expect(await stepTask(store, { ...base, epoch: second.epoch })).toMatchObject({ kind: "done" });
    expect(await stepTask(store, { ...base, epoch: first.epoch })).toEqual({ kind: "fenced" });
  });

  it("lets nothing through once the task is no longer running, though nobody else has it", async () => {
    const { step } = await claimed();
    const facts: NewEvent[] = [{ type: "task.waiting", data: { for: "retry", after_ms: 60_000 } }];
    await step(1, { facts, transition: { to: "waiting", for: "retry", afterMs: 60_000 } });
    expect(await step(2, { facts: [note] })).toEqual({ kind: "fenced" });
  });

  it("hands a task back as a new leg, with its attempt", async () => {
    const { task, step } = await claimed();
    const facts: NewEvent[] = [{ type: "task.handed_back", data: { because: "shutdown" } }];
    const outcome = await step(1, { facts, transition: { to: "queued" } });
    expect(outcome).toMatchObject({ kind: "done", legs: [{ tenant, task, leg: 2 }] });
    await expectHeadToMatchJournal(store, tenant, task);
    const again = await claimTask(store, { tenant, task, leg: 2, start: 1, started: started(2) });
    expect(again).toMatchObject({ kind: "claimed" });
    expect(foldTask(await readJournal(store, tenant, task))).toMatchObject({ attempts: 1, failedTries: 0 });
  });
});
