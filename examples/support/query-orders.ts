// The orders of one customer, in pages. Who may see what is decided here, not by the model: where the task works
// for a user, that user is the customer, whatever the model asks for.

import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { defineTool, type ToolContext, ToolError } from "@pawl/agent";
import { z } from "zod";
import { CATEGORIES, ORDER_STATUSES } from "./seed.ts";

const DATABASE = fileURLToPath(new URL("./orders.sqlite", import.meta.url));
const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 50;

const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "must be a date such as 2026-03-31");

export const queryOrders = defineTool({
  name: "query_orders",
  description:
    "Finds a customer's past orders in the shop's database, newest first: order id, date, category, product, " +
    "quantity, total, status and why something was returned. total_count counts all that match. Results come in " +
    "pages: while has_more is true, call again with the same filters and cursor = next_cursor.",
  input: z.strictObject({
    customer_id: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe("Such as C-1042. Default: the customer you work for."),
    category: z.enum(CATEGORIES).optional(),
    status: z.enum(ORDER_STATUSES).optional(),
    from: isoDate.optional().describe("First day, such as 2026-01-01."),
    to: isoDate.optional().describe("Last day."),
    cursor: z.string().max(200).optional().describe("next_cursor of the page before."),
    limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  }),
  effect: "read",
  run: (input, ctx) => {
    const { where, values } = filterOf({ ...input, customer_id: customerFor(input.customer_id, ctx) });
    const position = input.cursor === undefined ? undefined : positionIn(input.cursor);
    const database = new DatabaseSync(DATABASE, { readOnly: true });
    try {
      const count = database.prepare(`SELECT count(*) AS total FROM orders WHERE ${where}`).get(...values);
      const rows = database
        .prepare(
          `SELECT order_id, customer_id, ordered_on, category, product, quantity, total_cents, status, return_reason
           FROM orders WHERE ${where} ${position === undefined ? "" : "AND (ordered_on, order_id) < (?, ?)"}
           ORDER BY ordered_on DESC, order_id DESC LIMIT ?`,
        )
        // One more than asked for tells whether there is another page.
        .all(...values, ...(position ?? []), input.limit + 1)
        .map((row) => orderRow.parse(row));
      const page = rows.slice(0, input.limit);
      const last = page.at(-1);
      const has_more = rows.length > input.limit;
      return {
        orders: page.map(({ total_cents, ...order }) => ({ ...order, total_usd: total_cents / 100 })),
        total_count: Number(count?.total ?? 0),
        has_more,
        next_cursor: has_more && last !== undefined ? cursorAfter(last) : null,
      };
    } finally {
      database.close();
    }
  },
});

const orderRow = z.object({
  order_id: z.string(),
  customer_id: z.string(),
  ordered_on: z.string(),
  category: z.string(),
  product: z.string(),
  quantity: z.number(),
  total_cents: z.number(),
  status: z.string(),
  return_reason: z.string().nullable(),
});

type Filter = {
  readonly customer_id: string;
  readonly category?: string | undefined;
  readonly status?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

function customerFor(asked: string | undefined, { user }: ToolContext): string {
  if (user !== undefined && asked !== undefined && asked !== user) {
    throw new ToolError("You work for one customer and may see that customer's orders only.", {
      code: "not_allowed",
    });
  }
  const customer = user ?? asked;
  if (customer === undefined) {
    throw new ToolError("No customer is known for this task: pass customer_id.", { code: "customer_needed" });
  }
  return customer;
}

function filterOf(filter: Filter): { where: string; values: string[] } {
  const conditions: readonly (readonly [sql: string, value: string | undefined])[] = [
    ["customer_id = ?", filter.customer_id],
    ["category = ?", filter.category],
    ["status = ?", filter.status],
    ["ordered_on >= ?", filter.from],
    ["ordered_on <= ?", filter.to],
  ];
  const given = conditions.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  return { where: given.map(({ sql }) => sql).join(" AND "), values: given.map(({ value }) => value) };
}

/** A cursor is the last row's place in the order, not a count: rows that are added do not shift the pages. */
function cursorAfter(row: { readonly ordered_on: string; readonly order_id: string }): string {
  return Buffer.from(`${row.ordered_on} ${row.order_id}`).toString("base64url");
}

function positionIn(cursor: string): [orderedOn: string, orderId: string] {
  const [, orderedOn, orderId] =
    /^(\d{4}-\d{2}-\d{2}) (O-\d+)$/.exec(Buffer.from(cursor, "base64url").toString("utf8")) ?? [];
  if (orderedOn === undefined || orderId === undefined) {
    throw new ToolError("This cursor is not one that query_orders returned.", { code: "bad_cursor" });
  }
  return [orderedOn, orderId];
}
