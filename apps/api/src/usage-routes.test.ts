import { windowsAt } from "@pawl/protocol";
import { key, sweepUsage } from "@pawl/store";
import { describe, expect, it } from "vitest";
import { claimedTask, holding } from "../../../test/support/claimed.ts";
import { terms } from "../../../test/support/store.ts";
import { type Answer, type Call, ownApi } from "./own-api.fixture.ts";
import { csvText } from "./usage-csv.ts";

// A Monday at noon; what is spent in its month stands in the feed.
const NOW_MS = Date.UTC(2026, 2, 16, 12);
const api = await ownApi({ nowMs: () => NOW_MS });
const { store } = api;
const sweep = () => sweepUsage(store, { timeZone: "UTC" });

const usage = (query = "", options: Call = {}) => api.call(`/v1/usage${query}`, options);
const csv = (query = "", options: Call = {}) => usage(query, { headers: { accept: "text/csv" }, ...options });

type Spent = { at?: string; nanoUsd?: number; labels?: string[]; what?: string };
/** A call as the scripts write it into the feed. */
async function spent(tenant: string, { at = "2026-03-16T09:00:00Z", nanoUsd = 1000, ...more }: Spent = {}) {
  const { labels = ["user:ann", "agent:default"], what = "model 1 2 3 4 claude-sonnet-5-5" } = more;
  const line = [Date.parse(at), "task_x", nanoUsd, 0, what, ...labels].join("\n");
  await store.redis.rpush(key(tenant, "usageFeed"), line);
}

let tenants = 0;
async function freshTenant() {
  const tenant = `t${++tenants}`;
  return { tenant, key: await api.keyFor(tenant) };
}

function expectFault(answer: Answer, pointer: string): void {
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
}

const tokens = { input_tokens: 1, output_tokens: 2, cache_read_tokens: 3, cache_write_tokens: 4 };
const nothing = {
  cost_usd: 0,
  unconfirmed_usd: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  calls: 0,
};

describe("GET /v1/usage", () => {
  it("tells of nothing before anything was spent", async () => {
    const { key } = await freshTenant();
    expect((await usage("", { key })).body).toEqual({ data: [], next_cursor: null, total: nothing });
    expect((await csv("", { key })).text).toBe(
      "day,cost_usd,unconfirmed_usd,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,calls\r\n",
    );
  });

  it("shows a call that just ended, through the worker's own steps", async () => {
    const day = windowsAt(Date.now(), "UTC").day.id;
    const { step } = await claimedTask(store, { user: "eve", feature: "chat" }, "default");
    const spentOn = { kind: "model", name: "claude-haiku-5-5" } as const;
    const next = holding(terms(), "m1", 500);
    await step(1, { next: { ...next, holds: [{ hold: "m1", nanoUsd: 500, spentOn }] } });
    await step(2, { settled: [{ hold: "m1", nanoUsd: 321, spentOn, usage: tokens }] });
    const query = `?from=${day}&to=${day}&group_by=day,user,feature,agent,model,kind`;
    expect((await usage(query)).body.data).toEqual([
      {
        day,
        user: "eve",
        feature: "chat",
        agent: "default",
        model: "claude-haiku-5-5",
        kind: "model",
        ...tokens,
        cost_usd: 0.000000321,
        unconfirmed_usd: 0,
        calls: 1,
      },
    ]);
  });

  it("covers this month until today, by day, where nothing else is asked for", async () => {
    const { tenant, key } = await freshTenant();
    for (const at of ["02-28T23:59", "03-01T00:00", "03-16T23:59", "03-17T00:00"]) {
      await spent(tenant, { at: `2026-${at}:00Z` });
    }
    const days = async (query: string) =>
      (await usage(query, { key })).body.data.map(({ day }: { day: string }) => day.slice(5));
    expect(await days("")).toEqual(["03-01", "03-16"]);
    expect(await days("?from=2026-03-02")).toEqual(["03-16"]);
    expect(await days("?to=2026-02-28")).toEqual(["02-28"]);
    expect(await days("?from=2026-02-01&to=2026-12-31")).toEqual(["02-28", "03-01", "03-16", "03-17"]);
  });

  it("groups, filters and adds up, whether or not it was swept", async () => {
    const { tenant, key } = await freshTenant();
    const bob = ["user:bob", "feature:x", "agent:frugal"];
    await spent(tenant);
    await spent(tenant, { nanoUsd: 2000, labels: bob });
    await spent(tenant, { nanoUsd: 4000, labels: bob, what: "tool 0 0 0 0 lookup" });
    for (const _ of ["in the feed", "swept"]) {
      const byModel = (await usage("?group_by=kind,model", { key })).body;
      expect(byModel).toEqual({
        data: [
          {
            kind: "model",
            model: "claude-sonnet-5-5",
            ...nothing,
            cost_usd: 0.000003,
            input_tokens: 2,
            output_tokens: 4,
            cache_read_tokens: 6,
            cache_write_tokens: 8,
            calls: 2,
          },
          { kind: "tool", model: "lookup", ...nothing, cost_usd: 0.000004, calls: 1 },
        ],
        next_cursor: null,
        total: {
          ...nothing,
          cost_usd: 0.000007,
          input_tokens: 2,
          output_tokens: 4,
          cache_read_tokens: 6,
          cache_write_tokens: 8,
          calls: 3,
        },
      });
      const costs = async (query: string) =>
        (await usage(`?${query}`, { key })).body.data.map((row: { cost_usd: number }) => row.cost_usd);
      expect(await costs("group_by=feature")).toEqual([0.000001, 0.000006]);
      expect(await costs("user=bob&kind=model")).toEqual([0.000002]);
      expect(await costs("agent=default")).toEqual([0.000001]);
      expect(await costs("model=lookup&feature=x")).toEqual([0.000004]);
      expect(await costs("user=nobody")).toEqual([]);
      await sweep();
    }
  });

  it("comes in pages that miss nothing and repeat nothing; the total is of all", async () => {
    const { tenant, key } = await freshTenant();
    const users = Array.from({ length: 7 }, (_, i) => `${"ü".repeat(180)}${i}`);
    for (const user of users) await spent(tenant, { labels: [`user:${user}`] });
    const seen: string[] = [];
    let cursor: string | null = "";
    for (let pages = 0; cursor !== null && pages < 9; pages += 1) {
      const from: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const { body } = await usage(`?group_by=user&limit=3${from}`, { key });
      seen.push(...body.data.map(({ user }: { user: string }) => user));
      expect(body.total.calls).toBe(7);
      cursor = body.next_cursor;
      await sweep();
    }
    expect(seen).toEqual(users);
    const { body } = await usage("?group_by=user&limit=3", { key });
    expectFault(await usage(`?group_by=day&cursor=${body.next_cursor}`, { key }), "/cursor");
  });

  it("shows a tenant what is its own", async () => {
    const [mine, other] = [await freshTenant(), await freshTenant()];
    await spent(mine.tenant, { nanoUsd: 7000 });
    for (const _ of ["in the feed", "swept"]) {
      expect((await usage("", { key: mine.key })).body.total.cost_usd).toBe(0.000007);
      expect((await usage("", { key: other.key })).body).toEqual({
        data: [],
        next_cursor: null,
        total: nothing,
      });
      expect((await csv("", { key: other.key })).text.split("\r\n")).toHaveLength(2);
      await sweep();
    }
    expectFault(await usage(`?tenant=${mine.tenant}`, { key: other.key }), "/tenant");
  });
});

describe("GET /v1/usage refuses", () => {
  it.each([
    ["from=2026-02-30", "/from"],
    ["from=2026-3-1", "/from"],
    ["from=yesterday", "/from"],
    ["from=", "/from"],
    ["to=2026-03-01T00:00:00Z", "/to"],
    ["to=20260301", "/to"],
    ["to=2026-03-01&from=2026-03-02", "/from"],
    ["from=2026-03-17", "/from"],
    ["from=2025-01-01&to=2026-02-05", "/from"],
    ["from=0000-01-01", "/from"],
    ["group_by=", "/group_by"],
    ["group_by=tenant", "/group_by"],
    ["group_by=day,day", "/group_by"],
    ["group_by=day,%20user", "/group_by"],
    ["group_by=__proto__", "/group_by"],
    ["group_by=day&group_by=user", "/group_by"],
    ["kind=magic", "/kind"],
    ["user=", "/user"],
    ["user=a%0Ab", "/user"],
    [`user=${"x".repeat(201)}`, "/user"],
    ["session_id=s", "/session_id"],
    ["limit=0", "/limit"],
    ["limit=1001", "/limit"],
    ["cursor=", "/cursor"],
    ["cursor=x", "/cursor"],
    [`cursor=${Buffer.from("0".repeat(32)).toString("base64url")}`, "/cursor"],
    ["colour=red", "/colour"],
  ])("%s", async (query, pointer) => {
    expectFault(await usage(`?${query}`), pointer);
    expectFault(await csv(`?${query}`), pointer);
  });

  it("400 days are not too many", async () => {
    expect((await usage("?from=2025-01-01&to=2026-02-04")).status).toBe(200);
  });

  it("a caller without a key, and other methods", async () => {
    expect((await usage("", { key: null })).status).toBe(401);
    const answer = await usage("", { method: "POST" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

describe("GET /v1/usage as CSV", () => {
  it("has every row, as a file with a head line", async () => {
    const { tenant, key } = await freshTenant();
    for (let i = 0; i < 130; i += 1) await spent(tenant, { labels: [`user:u${i}`], nanoUsd: 1 });
    const answer = await csv("?group_by=user,day", { key });
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(answer.headers.get("content-disposition")).toBe("attachment; filename=usage.csv");
    expect(answer.headers.get("vary")).toMatch(/accept/i);
    const lines = answer.text.split("\r\n");
    expect(lines[0]).toMatch(/^user,day,cost_usd,/);
    expect(lines[1]).toBe("u0,2026-03-16,0.000000001,0,1,2,3,4,1");
    expect(lines).toHaveLength(132);
  });

  it("comes in pages to who asks for them", async () => {
    const { tenant, key } = await freshTenant();
    for (const user of ["a", "b", "c"]) await spent(tenant, { labels: [`user:${user}`] });
    const first = await csv("?group_by=user&limit=2", { key });
    expect(first.text.split("\r\n")).toHaveLength(4);
    const next = /^<(.+)>; rel="next"$/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    const second = await api.call(next, { key, headers: { accept: "text/csv" } });
    expect(second.text).toMatch(/\r\nc,/);
    expect(second.headers.get("link")).toBeNull();
  });

  it("hands no spreadsheet a formula, nor a cell or line that was smuggled in", async () => {
    const { tenant, key } = await freshTenant();
    const attacks: [label: string, cell: string][] = [
      ['=HYPERLINK("http://evil","x")', `"'=HYPERLINK(""http://evil"",""x"")"`],
      ["+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"],
      ["-2+3", "'-2+3"],
      ["@SUM(A1)", "'@SUM(A1)"],
      ["\uff1d1+1", "'\uff1d1+1"],
      ["a;=1+1", '"a;=1+1"'],
      ['b",=1+1,"', '"b"",=1+1,"""'],
      ["c d", "c d"],
    ];
    for (const [label] of attacks) await spent(tenant, { labels: [`user:${label}`] });
    const { text } = await csv("?group_by=user", { key });
    const cells = text
      .split("\r\n")
      .slice(1, -1)
      .map((line) => line.replace(/,0\.000001,0,1,2,3,4,1$/, ""));
    expect(cells.sort()).toEqual(attacks.map(([, cell]) => cell).sort());
  });

  it("neutralises what no label can hold as well, and leaves numbers numbers", () => {
    expect(csvText(["a", "b"], [{ a: "\t=1", b: -0.000000001 }])).toBe(`a,b\r\n"'\t=1",-0.000000001\r\n`);
    expect(csvText(["a", "b"], [{ a: "\r\n=1", b: 1e21 }])).toContain(`"'\r\n=1",`);
    expect(csvText(["a", "b"], [{ a: "x\ny", b: null }])).toBe(`a,b\r\n"x\ny",\r\n`);
    expect(csvText(["a", "b"], [{ a: "", b: 1234567.000000001 }])).toBe("a,b\r\n,1234567.000000001\r\n");
  });
});

it("no request of this file was a fault of ours", async () => {
  expect((await api.logged()).join("\n")).not.toContain('"a request failed"');
});
