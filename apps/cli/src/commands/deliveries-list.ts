/** `pawl deliveries list`: which webhooks were sent, and what came of it. */
import type { Delivery } from "@pawl/client";
import { taskId } from "../api/ids.ts";
import { gather } from "../api/open-api.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import { ago } from "../terminal/amounts.ts";
import type { Colour } from "../terminal/output.ts";
import { tableLines } from "../terminal/table.ts";

const USUAL = 20;

export const deliveriesListCommand = defineCommand({
  name: "deliveries list",
  about: "List webhook deliveries, newest first.",
  asksApi: true,
  options: {
    task: { type: "text", value: "TASK", about: "Only this task's." },
    limit: { type: "count", value: "N", about: `How many at most. Else ${USUAL}.` },
    cursor: {
      type: "text",
      value: "CURSOR",
      about: "Go on where an earlier list ended (its `next_cursor`).",
    },
  },
  examples: [
    { about: "The latest", line: "pawl deliveries list" },
    {
      about: "Those that did not arrive",
      line: "pawl deliveries list --limit 500 --json | jq '.data[] | select(.state == \"failed\")'",
    },
  ],
  async run({ api, options, out, json, nowMs, signal }) {
    const { task, limit, cursor } = options;
    const filters = task === undefined ? {} : { task: taskId(task) };
    const pawl = api();
    const page = await gather(limit ?? USUAL, cursor, (size, from) =>
      pawl.deliveries(filters, { limit: size, signal }).page(from),
    );
    if (json) {
      out.json(page);
      return exitCodes.ok;
    }
    if (page.data.length === 0) {
      out.line("There are no deliveries: no task with a webhook_url has ended yet.");
      return exitCodes.ok;
    }
    const colours: Record<Delivery["state"], Colour> = {
      pending: "yellow",
      delivered: "green",
      failed: "red",
    };
    const columns = [
      { title: "ID", cell: (one: Delivery) => one.id },
      {
        title: "STATE",
        cell: (one: Delivery) => one.state,
        colour: (one: Delivery) => colours[one.state],
      },
      { title: "TYPE", cell: (one: Delivery) => one.type },
      { title: "TRIES", cell: (one: Delivery) => String(one.tries), alignRight: true as const },
      { title: "LAST", cell: (one: Delivery) => lastTry(one) },
      { title: "NEXT", cell: (one: Delivery) => ago(one.next_at, nowMs()) },
      { title: "CREATED", cell: (one: Delivery) => ago(one.created_at, nowMs()) },
      { title: "URL", cell: (one: Delivery) => one.url ?? "" },
    ];
    for (const line of tableLines(out, columns, page.data)) out.line(line);
    return exitCodes.ok;
  },
});

function lastTry({ last_try }: Delivery): string {
  if (last_try === null) return "-";
  return last_try.status === null ? (last_try.error ?? "failed") : `HTTP ${last_try.status}`;
}
