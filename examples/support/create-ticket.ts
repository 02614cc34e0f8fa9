// Opens a support ticket. An idempotent tool: the ticket is stored under the call's idempotency key, so a call
// that is repeated after a crash finds the ticket it opened before instead of opening another.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { defineTool } from "@pawl/agent";
import { z } from "zod";
import { dataDir } from "./data-dir.ts";

const LOCK_TIMEOUT_MS = 5_000;

export const createTicket = defineTool({
  name: "create_ticket",
  description:
    "Opens a support ticket for a person in the support team, when the customer has a problem, a complaint or a " +
    "request that you cannot settle yourself. Returns the ticket's id.",
  input: z.strictObject({
    subject: z.string().trim().min(1).max(200),
    body: z.string().trim().min(1).max(10_000).describe("What happened and what the customer asks for."),
    priority: z.enum(["low", "normal", "high"]).default("normal"),
    order_id: z.string().max(64).optional().describe("The order it is about, such as O-100042."),
  }),
  effect: "idempotent",
  run: (input, ctx) => {
    const database = openTickets();
    try {
      const { tenant, user = null, idempotencyKey } = ctx;
      const { subject, body, priority, order_id = null } = input;
      database
        .prepare(
          `INSERT INTO tickets (tenant, idempotency_key, customer, subject, body, priority, order_id, opened_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, idempotency_key) DO NOTHING`,
        )
        .run(
          tenant,
          idempotencyKey,
          user,
          subject,
          body,
          priority,
          order_id,
          new Date(ctx.nowMs()).toISOString(),
        );
      const row = database
        .prepare(
          "SELECT number, subject, priority, opened_at FROM tickets WHERE tenant = ? AND idempotency_key = ?",
        )
        .get(tenant, idempotencyKey);
      const ticket = ticketRow.parse(row);
      return { ticket_id: `T-${1_000 + ticket.number}`, status: "open", ...ticketView(ticket) };
    } finally {
      database.close();
    }
  },
});

const ticketRow = z.object({
  number: z.number(),
  subject: z.string(),
  priority: z.string(),
  opened_at: z.string(),
});

function ticketView({ number: _number, ...shown }: z.output<typeof ticketRow>) {
  return shown;
}

function openTickets(): DatabaseSync {
  const folder = dataDir();
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, "support-tickets.sqlite"), { timeout: LOCK_TIMEOUT_MS });
  database.exec(`
    CREATE TABLE IF NOT EXISTS tickets (
      number INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, idempotency_key TEXT NOT NULL, customer TEXT,
      subject TEXT NOT NULL, body TEXT NOT NULL, priority TEXT NOT NULL, order_id TEXT, opened_at TEXT NOT NULL,
      UNIQUE (tenant, idempotency_key)
    ) STRICT
  `);
  return database;
}
