import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEgressGuard, type ToolContext } from "@pawl/agent";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createTicket } from "./create-ticket.ts";
import { queryOrders } from "./query-orders.ts";
import { type Order, seededOrders } from "./seed.ts";
import { sendEmail } from "./send-email.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pawl-support-"));
  vi.stubEnv("PAWL_DATA_DIR", join(folder, "data"));
  vi.stubEnv("PAWL_SUPPORT_OUTBOX", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function context(overrides: Partial<ToolContext> = {}): ToolContext {
  return {
    signal: new AbortController().signal,
    idempotencyKey: "task_1.call_1",
    user: "C-1042",
    tenant: "default",
    taskId: "task_1",
    documents: [],
    log: { info: () => {}, warn: () => {}, error: () => {} },
    nowMs: () => Date.UTC(2026, 10, 22),
    egress: createEgressGuard({ allow: [] }),
    allowedHosts: undefined,
    reportCost: () => {},
    ...overrides,
  };
}

const answer = z.object({
  orders: z.array(z.looseObject({ order_id: z.string(), customer_id: z.string(), total_usd: z.number() })),
  total_count: z.number(),
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
});

async function query(input: z.input<typeof queryOrders.input>, ctx = context()) {
  return answer.parse(await queryOrders.run(queryOrders.input.parse(input), ctx));
}

function expected(keep: (order: Order) => boolean): string[] {
  return seededOrders()
    .filter((order) => order.customer_id === "C-1042" && keep(order))
    .map((order) => order.order_id)
    .reverse();
}

describe("query_orders", () => {
  it("pages through every order of the customer exactly once, newest first", async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 20; page += 1) {
      const found = await query({ limit: 7, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...found.orders.map((order) => order.order_id));
      expect(found.total_count).toBe(expected(() => true).length);
      if (!found.has_more) break;
      cursor = found.next_cursor ?? undefined;
    }
    expect(seen).toEqual(expected(() => true));
  });

  it("says that there is no more when the last page is exactly full", async () => {
    const total = expected(() => true).length;
    const found = await query({ limit: Math.min(total, 100) });
    expect(found).toMatchObject({ has_more: false, next_cursor: null });
    expect(found.orders).toHaveLength(total);
  });

  it("filters by category, status and days, both ends included", async () => {
    const day = seededOrders().find((order) => order.customer_id === "C-1042")?.ordered_on ?? "";
    const ids = async (input: z.input<typeof queryOrders.input>) =>
      (await query({ limit: 100, ...input })).orders.map((order) => order.order_id);
    expect(await ids({ category: "garden" })).toEqual(expected((order) => order.category === "garden"));
    expect(await ids({ status: "returned" })).toEqual(expected((order) => order.status === "returned"));
    expect(await ids({ from: day, to: day })).toEqual(expected((order) => order.ordered_on === day));
    expect(await ids({ from: "2026-12-01" })).toEqual([]);
  });

  it("refuses another customer's orders, and shows none by any other input", async () => {
    await expect(query({ customer_id: "C-1001" })).rejects.toMatchObject({
      name: "ToolError",
      code: "not_allowed",
    });
    const injected = await query({ customer_id: "C-1042" }, context({ user: "C-1042" }));
    expect(injected.orders.every((order) => order.customer_id === "C-1042")).toBe(true);
    const nobody = await query({}, context({ user: "' OR 1=1 --" }));
    expect(nobody).toEqual({ orders: [], total_count: 0, has_more: false, next_cursor: null });
  });

  it("serves the customer the task names where it works for no user, and asks where it names none", async () => {
    const found = await query({ customer_id: "C-1001", limit: 1 }, context({ user: undefined }));
    expect(found.orders.every((order) => order.customer_id === "C-1001")).toBe(true);
    await expect(query({}, context({ user: undefined }))).rejects.toMatchObject({ code: "customer_needed" });
  });

  it("refuses a cursor it did not make", async () => {
    for (const cursor of ["", "abc", Buffer.from("2026-01-01 O-1' OR 1").toString("base64url")]) {
      await expect(query({ cursor })).rejects.toMatchObject({ code: "bad_cursor" });
    }
  });

  it("refuses limits, fields and dates that make no sense", () => {
    for (const bad of [
      { limit: 0 },
      { limit: 101 },
      { limit: 1.5 },
      { sql: "x" },
      { from: "yesterday" },
      { category: "x" },
    ]) {
      expect(queryOrders.input.safeParse(bad).success).toBe(false);
    }
  });
});

describe("create_ticket", () => {
  const ticket = createTicket.input.parse({ subject: "Broken", body: "It does not turn on." });

  it("opens one ticket for a call, however often the call is run", async () => {
    const first = await createTicket.run(ticket, context());
    expect(first).toMatchObject({ ticket_id: "T-1001", status: "open", subject: "Broken" });
    expect(await createTicket.run(ticket, context())).toEqual(first);
    expect(await createTicket.run({ ...ticket, subject: "Other words" }, context())).toEqual(first);
  });

  it("opens another for another call, and for another tenant's call of the same key", async () => {
    await createTicket.run(ticket, context());
    const second = await createTicket.run(ticket, context({ idempotencyKey: "task_1.call_2" }));
    const third = await createTicket.run(ticket, context({ tenant: "other" }));
    expect(second).toMatchObject({ ticket_id: "T-1002" });
    expect(third).toMatchObject({ ticket_id: "T-1003" });
  });
});

describe("send_email", () => {
  const message = sendEmail.input.parse({ to: "ann@shop.example", subject: "Hello", body: "Line 1\nLine 2" });
  const lines = (path: string) =>
    readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  it("appends one JSON line for every run, because it cannot know a repetition", async () => {
    await sendEmail.run(message, context());
    await sendEmail.run(message, context({ idempotencyKey: "task_1.call_2" }));
    const sent = lines(join(folder, "data", "outbox.jsonl"));
    expect(sent).toHaveLength(2);
    expect(sent[0]).toEqual({ idempotency_key: "task_1.call_1", ...message, at: "2026-11-22T00:00:00.000Z" });
  });

  it("keeps lines whole when many are sent at once", async () => {
    vi.stubEnv("PAWL_SUPPORT_OUTBOX", join(folder, "elsewhere.jsonl"));
    const body = "x".repeat(15_000);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        sendEmail.run({ ...message, body }, context({ idempotencyKey: `k${index}` })),
      ),
    );
    expect(new Set(lines(join(folder, "elsewhere.jsonl")).map((line) => line.idempotency_key)).size).toBe(20);
  });

  it("sends nothing once the task is aborted", async () => {
    await expect(sendEmail.run(message, context({ signal: AbortSignal.abort() }))).rejects.toThrow();
    expect(() => lines(join(folder, "data", "outbox.jsonl"))).toThrow("ENOENT");
  });

  it("refuses addresses and subjects that would smuggle in headers", () => {
    for (const bad of [
      { to: "a@b.example\nbcc: c@d.example" },
      { to: "nobody" },
      { subject: "Hi\r\nBcc: c@d.example" },
      { subject: " " },
      { body: "" },
    ]) {
      expect(sendEmail.input.safeParse({ ...message, ...bad }).success).toBe(false);
    }
  });
});
