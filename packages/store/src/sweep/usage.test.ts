import { type SpentOn, windowsAt } from "@pawl/protocol";
import { describe, expect, it } from "vitest";
import { claimAgain, claimedTask, holding } from "../../../../test/support/claimed.ts";
import { lossyProxy } from "../../../../test/support/lossy-proxy.ts";
import { ownStore, terms } from "../../../../test/support/store.ts";
import {
  cancelTask,
  key,
  openStore,
  parseRedisAddress,
  readUsage,
  reportLateUsage,
  type Store,
  sweepUsage,
  type UsageDimension,
  type UsageQuery,
} from "../index.ts";

const store = await ownStore();
const timeZone = "UTC";
const DAY_MS = 24 * 3_600_000;
const noon = Date.UTC(2026, 2, 10, 12);

let tenants = 0;
/** One that has spent nothing; what others have in their feeds is swept away. */
const freshTenant = async () => {
  await sweep();
  const tenant = `tenant-${++tenants}`;
  await store.redis.sadd("pawl:tenants", tenant);
  return tenant;
};

/** A line as the scripts write it. */
function line(nanoUsd: number, { atMs = noon, user = "ann", name = "m", kind = "model" } = {}): string {
  return `${atMs}\ntask_x\n${nanoUsd}\n0\n${kind} 10 20 30 40 ${name}\nuser:${user}\nagent:default`;
}
const feed = (tenant: string, ...lines: string[]) => store.redis.rpush(key(tenant, "usageFeed"), ...lines);
const feedLength = (tenant: string) => store.redis.llen(key(tenant, "usageFeed"));
const sweep = (of: Store = store) => sweepUsage(of, { timeZone });

const march: UsageQuery = {
  fromDay: "2026-03-01",
  toDay: "2026-03-31",
  timeZone,
  groupBy: [],
  where: {},
  mostGroups: 1000,
};
async function reportOf(tenant: string, over: Partial<UsageQuery> = {}) {
  const report = await readUsage(store, tenant, { ...march, ...over });
  if (report.kind !== "report") throw new Error(report.kind);
  return report;
}
const costOf = async (tenant: string, over: Partial<UsageQuery> = {}) =>
  (await reportOf(tenant, over)).total.costNanoUsd;

/** A call that a worker makes, holds for and settles. */
async function call(
  tenant: string,
  { labels = {}, spentOn, cost }: { labels?: object; spentOn: SpentOn; cost: number },
): Promise<void> {
  const { step } = await claimedTask(store, labels, tenant);
  const next = holding(terms(), "c1", cost);
  await step(1, { next: { ...next, holds: [{ hold: "c1", nanoUsd: cost, spentOn }] } });
  const usage = { input_tokens: 5, output_tokens: 6, cache_read_tokens: 7, cache_write_tokens: 8 };
  await step(2, { settled: [{ hold: "c1", nanoUsd: cost, spentOn, usage }] });
}
const today = () => {
  const day = windowsAt(Date.now(), timeZone).day.id;
  return { fromDay: day, toDay: day };
};

describe("a report", () => {
  it("shows a call at once, by everything it was made for, and the same after the sweep", async () => {
    const tenant = await freshTenant();
    const labels = { user: "ann", feature: "search\u2028=1", session_id: "s", agent: "frugal" };
    await call(tenant, { labels, spentOn: { kind: "model", name: "claude x" }, cost: 900 });
    await call(tenant, { spentOn: { kind: "tool", name: "lookup" }, cost: 30 });
    const groupBy: UsageDimension[] = ["day", "user", "feature", "agent", "model", "kind"];
    const before = await reportOf(tenant, { ...today(), groupBy });
    const day = today().fromDay;
    const counted = {
      unconfirmedNanoUsd: 0,
      inputTokens: 5,
      outputTokens: 6,
      cacheReadTokens: 7,
      cacheWriteTokens: 8,
      calls: 1,
    };
    const of = { user: "ann", feature: "search\u2028=1", agent: "frugal", model: "claude x", kind: "model" };
    const nobody = { user: null, feature: null, agent: "default", model: "lookup", kind: "tool" };
    expect(before.rows).toEqual([
      { group: { day, ...nobody }, sums: { ...counted, costNanoUsd: 30 } },
      { group: { day, ...of }, sums: { ...counted, costNanoUsd: 900 } },
    ]);
    expect(before.total).toMatchObject({ costNanoUsd: 930, calls: 2, inputTokens: 10 });
    expect(await sweep()).toBe(2);
    expect(await feedLength(tenant)).toBe(0);
    expect(await reportOf(tenant, { ...today(), groupBy })).toEqual(before);
  });

  it("groups by what is asked for, in that order, and filters by everything else", async () => {
    const tenant = await freshTenant();
    await feed(
      tenant,
      line(1),
      line(2, { name: "n" }),
      line(4, { user: "bob" }),
      line(8, { user: "bob", name: "n", atMs: noon - DAY_MS }),
      line(16, { kind: "tool", name: "t" }),
    );
    const rows = async (over: Partial<UsageQuery>) =>
      (await reportOf(tenant, over)).rows.map(({ group, sums }) => [group, sums.costNanoUsd]);
    for (const where of ["in the feed", "in the reports"]) {
      expect(await rows({ groupBy: ["model", "user"] }), where).toEqual([
        [{ model: "m", user: "ann" }, 1],
        [{ model: "m", user: "bob" }, 4],
        [{ model: "n", user: "ann" }, 2],
        [{ model: "n", user: "bob" }, 8],
        [{ model: "t", user: "ann" }, 16],
      ]);
      expect(await rows({ groupBy: ["day"], where: { user: "bob" } }), where).toEqual([
        [{ day: "2026-03-09" }, 8],
        [{ day: "2026-03-10" }, 4],
      ]);
      expect(await costOf(tenant, { where: { kind: "tool" } }), where).toBe(16);
      expect(await costOf(tenant, { where: { model: "n", user: "ann" } }), where).toBe(2);
      expect(await costOf(tenant, { where: { feature: "none" } }), where).toBe(0);
      expect(await costOf(tenant, { fromDay: "2026-03-10" }), where).toBe(23);
      expect(await costOf(tenant, { toDay: "2026-03-09" }), where).toBe(8);
      await sweep();
    }
  });

  it("adds what has gone over to what has not, over many days", async () => {
    const tenant = await freshTenant();
    for (let day = 0; day < 31; day += 1) {
      await feed(tenant, line(10, { atMs: Date.UTC(2026, 2, 1 + day, 23, 59) }));
    }
    await sweep();
    await feed(
      tenant,
      line(1, { atMs: Date.UTC(2026, 2, 31, 23, 59) }),
      line(5, { atMs: Date.UTC(2026, 3, 1) }),
    );
    expect(await costOf(tenant)).toBe(311);
    const report = await reportOf(tenant, { groupBy: ["day"] });
    expect(report.rows).toHaveLength(31);
    expect(report.rows.at(-1)).toMatchObject({ group: { day: "2026-03-31" }, sums: { costNanoUsd: 11 } });
  });

  it("counts the days of the configured time zone", async () => {
    const tenant = await freshTenant();
    const zone = "Asia/Kathmandu"; // 5 h 45 min ahead
    await feed(
      tenant,
      line(1, { atMs: Date.UTC(2026, 2, 10, 18, 14) }),
      line(2, { atMs: Date.UTC(2026, 2, 10, 18, 15) }),
    );
    const days = async () =>
      (await reportOf(tenant, { timeZone: zone, groupBy: ["day"] })).rows.map(({ group, sums }) => [
        group.day,
        sums.costNanoUsd,
      ]);
    const wanted = [
      ["2026-03-10", 1],
      ["2026-03-11", 2],
    ];
    expect(await days()).toEqual(wanted);
    await sweepUsage(store, { timeZone: zone });
    expect(await days()).toEqual(wanted);
  });

  it("gathers no more groups than can be borne", async () => {
    const tenant = await freshTenant();
    await feed(tenant, ...Array.from({ length: 11 }, (_, i) => line(1, { user: `u${i}` })));
    const wide = { ...march, groupBy: ["user"] as const, mostGroups: 10 };
    expect(await readUsage(store, tenant, wide)).toEqual({ kind: "too_many_groups" });
    await sweep();
    expect(await readUsage(store, tenant, wide)).toEqual({ kind: "too_many_groups" });
    expect(await readUsage(store, tenant, { ...wide, groupBy: ["day"] })).toMatchObject({ kind: "report" });
  });

  it("is of one tenant alone", async () => {
    const [mine, other] = [await freshTenant(), await freshTenant()];
    await feed(mine, line(7));
    expect([await costOf(mine), await costOf(other)]).toEqual([7, 0]);
    await sweep();
    expect([await costOf(mine), await costOf(other)]).toEqual([7, 0]);
  });
});

describe("an estimate", () => {
  it("is unconfirmed, and a late report takes off what was too much", async () => {
    const tenant = await freshTenant();
    const { task, epoch, step } = await claimedTask(store, {}, tenant);
    await step(1, { next: holding(terms(), "m1", 900) });
    await claimAgain(store, { tenant, task, leg: 1, start: 2 });
    expect((await reportOf(tenant, today())).total).toMatchObject({
      costNanoUsd: 900,
      unconfirmedNanoUsd: 900,
      calls: 1,
    });
    await sweep();
    const usage = { input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_tokens: 0 };
    await reportLateUsage(store, { tenant, task, epoch, call: "m1", usage, costNanoUsd: 40 });
    expect((await reportOf(tenant, today())).total).toMatchObject({ costNanoUsd: 40, calls: 1 });
    await sweep();
    expect((await reportOf(tenant, today())).total).toMatchObject({ costNanoUsd: 40, calls: 1 });
  });

  it("is confirmed altogether, in the row of its model, where the line tells what it was", async () => {
    const tenant = await freshTenant();
    await feed(tenant, `${noon}\ntask_x\n900\n1\nmodel 0 0 0 0 m\nuser:ann\nagent:default`);
    await sweep();
    await feed(tenant, `${noon}\ntask_x\n-860\n1\nconfirmed 900 model 3 4 0 0 m\nuser:ann\nagent:default`);
    const report = async () => (await reportOf(tenant, { groupBy: ["model"] })).rows;
    const sums = { costNanoUsd: 40, unconfirmedNanoUsd: 0, inputTokens: 3, outputTokens: 4, calls: 1 };
    expect(await report()).toMatchObject([{ group: { model: "m" }, sums }]);
    await sweep();
    expect(await report()).toMatchObject([{ group: { model: "m" }, sums }]);
  });

  it("of a call that a cancel cut off is in the reports", async () => {
    const tenant = await freshTenant();
    const { task, step } = await claimedTask(store, {}, tenant);
    await step(1, { next: holding(terms(), "m1", 70) });
    await cancelTask(store, { tenant, task, deliveryId: "dlv_x" });
    expect((await reportOf(tenant, today())).total).toMatchObject({
      costNanoUsd: 70,
      unconfirmedNanoUsd: 70,
    });
  });
});

describe("the sweep", () => {
  it("counts every line once, however many workers sweep while more lines come", async () => {
    const tenant = await freshTenant();
    const open = () => openStore({ address: store.address, failFast: false });
    const workers = await Promise.all([open(), open(), open(), open()]);
    const atMs = Date.now();
    const here = {
      fromDay: windowsAt(atMs - DAY_MS, timeZone).day.id,
      toDay: windowsAt(atMs + DAY_MS, timeZone).day.id,
    };
    const writing = (async () => {
      for (let batch = 0; batch < 40; batch += 1) {
        await feed(tenant, ...Array.from({ length: 100 }, (_, i) => line(1, { user: `u${i % 7}`, atMs })));
      }
    })();
    let isWritten = false;
    const sweeping = workers.map(async (worker) => {
      let lines = 0;
      while (!isWritten || (await feedLength(tenant)) > 0) lines += await sweep(worker);
      return lines;
    });
    await writing;
    isWritten = true;
    const lines = await Promise.all(sweeping);
    await Promise.all(workers.map((worker) => worker.close()));
    expect(lines.reduce((sum, n) => sum + n, 0)).toBe(4000);
    const total = { costNanoUsd: 4000, calls: 4000, inputTokens: 40_000 };
    expect((await reportOf(tenant, here)).total).toMatchObject(total);
    expect(await store.redis.get(key(tenant, "usageRolled"))).toBe("4000");
  });

  it("lets no reader miss a line, or see it twice, while it goes over", async () => {
    const tenant = await freshTenant();
    const worker = await openStore({ address: store.address, failFast: false });
    const atMs = Date.now();
    const here = {
      fromDay: windowsAt(atMs - DAY_MS, timeZone).day.id,
      toDay: windowsAt(atMs + DAY_MS, timeZone).day.id,
    };
    const lines = Array.from({ length: 500 }, (_, i) => line(1, { user: `u${i}`, atMs }));
    for (let batch = 0; batch < 20; batch += 1) await feed(tenant, ...lines);
    const sweeping = sweep(worker);
    const seen = new Set<number>();
    do seen.add(await costOf(tenant, here));
    while ((await feedLength(tenant)) > 0);
    expect(await sweeping).toBe(10_000);
    await worker.close();
    expect([...seen]).toEqual([10_000]);
  });

  it("counts every line once where its replies are lost", async () => {
    const tenant = await freshTenant();
    const { host, port } = store.redis.options as { host: string; port: number };
    const proxy = await lossyProxy(`redis://${host}:${port}`, 2);
    const worker = await openStore({ address: parseRedisAddress(proxy.url), failFast: true });
    await feed(tenant, ...Array.from({ length: 1700 }, () => line(1)));
    await expect
      .poll(
        async () => {
          await sweep(worker).catch(() => {});
          return feedLength(tenant);
        },
        { timeout: 20_000 },
      )
      .toBe(0);
    await worker.close();
    expect(proxy.lost()).toBeGreaterThan(0);
    expect((await reportOf(tenant)).total).toMatchObject({ costNanoUsd: 1700, calls: 1700 });
  });

  it("keeps all digits of an amount, and lets a day's report expire at last", async () => {
    const tenant = await freshTenant();
    for (const nano of [9_007_199_254_740_000, 900, -9]) {
      await feed(tenant, line(nano));
      await sweepUsage(store, { timeZone, keptMs: 5 * DAY_MS });
    }
    expect(await costOf(tenant)).toBe(9_007_199_254_740_891);
    const left = await store.redis.pttl(key(tenant, "usage", "2026-03-10"));
    expect(left).toBeGreaterThan(4 * DAY_MS);
    expect(left).toBeLessThanOrEqual(5 * DAY_MS);
  });

  it("is not held up by a line that nobody can read", async () => {
    const tenant = await freshTenant();
    await feed(
      tenant,
      "",
      "x",
      `${noon}\ntask_x`,
      `${noon}\nt\nNaN\n0\nmodel 0 0 0 0 m`,
      line(3),
      `${noon}\nt\n4\n0\nnew`,
    );
    expect(await costOf(tenant)).toBe(7);
    expect(await sweep()).toBe(6);
    expect(await costOf(tenant)).toBe(7);
  });

  it("reads no more once it is to stop", async () => {
    const tenant = await freshTenant();
    await feed(tenant, line(1));
    expect(await sweepUsage(store, { timeZone, signal: AbortSignal.abort() })).toBe(0);
    expect(await sweep()).toBe(1);
  });
});
