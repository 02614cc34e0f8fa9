// The tools of a support agent as a request carries them, with rows to answer from, for the brain's tests.

import { z } from "zod";

const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

const inputs: Record<string, { description: string; input: z.ZodType }> = {
  send_email: {
    description:
      "Sends an e-mail to a customer. It cannot be taken back: use it only when the task asks for an e-mail.",
    input: z.strictObject({
      to: z.email().max(254),
      subject: z
        .string()
        .trim()
        .min(1)
        .max(200)
        .regex(/^\P{Cc}*$/u),
      body: z.string().trim().min(1).max(20_000),
    }),
  },
  create_ticket: {
    description:
      "Opens a support ticket for a person in the support team, when the customer has a problem, a complaint or a " +
      "request that you cannot settle yourself. Returns the ticket's id.",
    input: z.strictObject({
      subject: z.string().trim().min(1).max(200),
      body: z.string().trim().min(1).max(10_000),
      priority: z.enum(["low", "normal", "high"]).default("normal"),
      order_id: z.string().max(64).optional().describe("The order it is about, such as O-100042."),
    }),
  },
  calculator: {
    description:
      "Computes an arithmetic expression exactly as written. Knows + - * / % ^, roots, rounding, min, max, sum, mean.",
    input: z.strictObject({ expression: z.string().min(1).max(500) }),
  },
  current_time: {
    description:
      "Tells the current date, time and weekday. Use it whenever an answer depends on today's date. UTC unless a " +
      "time zone is given.",
    input: z.strictObject({
      time_zone: z.string().min(1).max(64).optional().describe("An IANA name such as Europe/Berlin."),
    }),
  },
  fetch_url: {
    description:
      "Fetches a public web page, text or JSON document by its URL (GET) and returns its text. Long ones come in " +
      "pages: while has_more is true, call again with offset = next_offset.",
    input: z.strictObject({
      url: z.string().min(1).max(2_048),
      offset: z.int().min(0).default(0),
      limit: z.int().min(1).max(100_000).default(20_000),
    }),
  },
  read_document: {
    description:
      "Reads a document, file or attachment that was sent with this task, by its name. Long ones come in pages: " +
      "while has_more is true, call again with offset = next_offset.",
    input: z.strictObject({
      name: z.string().min(1).max(1_000).describe("The document's name, exactly as it was sent."),
      offset: z.int().min(0).default(0),
      limit: z.int().min(1).max(100_000).default(20_000),
    }),
  },
  query_orders: {
    description:
      "Finds a customer's past orders in the shop's database, newest first: order id, date, category, product, " +
      "quantity, total, status and why something was returned. Results come in pages: while has_more is true, call " +
      "again with the same filters and cursor = next_cursor.",
    input: z.strictObject({
      customer_id: z.string().min(1).max(64).optional(),
      category: z.enum(["coffee", "books", "garden"]).optional(),
      status: z.enum(["delivered", "shipped", "returned"]).optional(),
      from: isoDate.optional().describe("First day, such as 2026-01-01."),
      to: isoDate.optional().describe("Last day."),
      cursor: z.string().max(200).optional().describe("next_cursor of the page before."),
      limit: z.int().min(1).max(100).default(50),
    }),
  },
};

/** Checks an input as the tool itself would; throws where it is wrong. */
export function parseInput(tool: string, input: unknown): unknown {
  return inputs[tool]?.input.parse(input);
}

export const supportTools = Object.entries(inputs).map(([name, { description, input }]) => {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: "input" });
  return { name, description, input_schema: { ...schema, type: "object" as const } };
});

/** Ten orders in two pages: 6 × coffee at 20.10, 4 × books at 10.00, one of them returned: 160.60 in all. */
export function ordersPage(cursor: unknown): string {
  const first = cursor === undefined ? 0 : 6;
  const orders = Array.from({ length: 10 }, (_, index) => ({
    order_id: `O-${index}`,
    customer_id: "C-1042",
    ordered_on: `2026-0${1 + (index % 5)}-1${index}`,
    category: index < 6 ? "coffee" : "books",
    product: index < 6 ? "Espresso beans" : "Crime novel",
    quantity: 1,
    total_usd: index < 6 ? 20.1 : 10,
    status: index === 9 ? "returned" : "delivered",
  }));
  const isFirst = first === 0;
  return JSON.stringify({
    orders: isFirst ? orders.slice(0, 6) : orders.slice(6),
    total_count: 10,
    has_more: isFirst,
    next_cursor: isFirst ? "b3JkZXItNg" : null,
  });
}
