// "Sends" an e-mail by appending it to an outbox file, one JSON line each. A write tool: nothing here recognises
// a repetition, just as a mail server would not, so Pawl must never run one call twice.

import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { defineTool } from "@pawl/agent";
import { z } from "zod";
import { dataDir } from "./data-dir.ts";

export const sendEmail = defineTool({
  name: "send_email",
  description:
    "Sends an e-mail to a customer. It cannot be taken back: use it only when the task asks for an e-mail, and " +
    "once for each message.",
  input: z.strictObject({
    to: z.email().max(254),
    // In one line: a header must not smuggle in another.
    subject: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .regex(/^\P{Cc}*$/u, "must be one line"),
    body: z.string().trim().min(1).max(20_000),
  }),
  effect: "write",
  run: async ({ to, subject, body }, ctx) => {
    const outbox = process.env.PAWL_SUPPORT_OUTBOX || join(dataDir(), "outbox.jsonl");
    const at = new Date(ctx.nowMs()).toISOString();
    const line = `${JSON.stringify({ idempotency_key: ctx.idempotencyKey, to, subject, body, at })}\n`;
    ctx.signal.throwIfAborted();
    await mkdir(dirname(outbox), { recursive: true });
    // Opened for appending and written at once: lines of several workers do not mix.
    const file = await open(outbox, "a");
    try {
      await file.write(Buffer.from(line));
      await file.sync();
    } finally {
      await file.close();
    }
    return { sent: true, to, at };
  },
});
