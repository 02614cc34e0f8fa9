/** `pawl usage`: what was spent, by whom and on what. */
import { once } from "node:events";
import type { Usage, UsageQuery } from "@pawl/client";
import type { Connection } from "../api/find-connection.ts";
import { keyOf } from "../api/open-api.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes, usageFault } from "../command-line/fault.ts";
import { count, dollars } from "../terminal/amounts.ts";
import { inertLines } from "../terminal/inert-text.ts";
import { type Column, tableLines } from "../terminal/table.ts";

const USUAL = 50;

export const usageCommand = defineCommand({
  name: "usage",
  about: "Show what was spent: by day, user, feature, agent, model or kind.",
  details: "This month's, where no days are named. It includes tasks that are no longer kept.",
  asksApi: true,
  options: {
    "group-by": {
      type: "text",
      value: "WHAT,…",
      about: "day, user, feature, agent, model, kind; several with commas between. Else day.",
    },
    from: { type: "text", value: "DAY", about: "The first day, such as 2026-11-01." },
    to: { type: "text", value: "DAY", about: "The last day. Else today." },
    user: { type: "text", value: "ID", about: "Only this user's." },
    feature: { type: "text", value: "NAME", about: "Only this feature's." },
    agent: { type: "text", value: "NAME", about: "Only this agent's." },
    model: { type: "text", value: "NAME", about: "Only of this model." },
    limit: { type: "count", value: "N", about: `How many rows at most. Else ${USUAL}.` },
    csv: { type: "flag", about: "Print CSV, all rows of it." },
  },
  examples: [
    { about: "Who spent the most this month", line: "pawl usage --group-by user" },
    {
      about: "A month by model and day, for a spreadsheet",
      line: "pawl usage --group-by day,model --from 2026-11-01 --to 2026-11-30 --csv > november.csv",
    },
  ],
  async run({ api, connection, options, out, json, signal }) {
    const { from, to, user, feature, agent, model } = options;
    const where = { from, to, user, feature, agent, model, group_by: groupsOf(options["group-by"]) };
    const pawl = api();
    // The api cuts a report into pages of up to a thousand rows.
    const limit = Math.min(options.limit ?? USUAL, 1000);
    if (options.csv) {
      await pawl.usage(where, { limit: 1, signal }).page(); // what is wrong with it is said by the client
      const text = await fetchCsv(connection(), where, signal);
      const shown = out.isTerminal ? `${inertLines(text.trimEnd()).join("\n")}\n` : text;
      if (!out.stream.write(shown)) await once(out.stream, "drain");
      return exitCodes.ok;
    }
    const report = await pawl.usage(where, { limit, signal }).page();
    if (json) {
      out.json(report);
      return exitCodes.ok;
    }
    const [first] = report.data;
    if (first === undefined) {
      out.line("Nothing was spent in these days.");
      return exitCodes.ok;
    }
    type Row = Usage;
    const groups = DIMENSIONS.filter((name) => name in first);
    const columns: Column<Row>[] = [
      ...groups.map((name) => ({
        title: name.toUpperCase(),
        cell: (row: Row) => row[name] ?? (row === total ? "all" : "-"),
      })),
      { title: "COST", cell: (row) => dollars(row.cost_usd), alignRight: true },
      {
        title: "UNCONFIRMED",
        rare: true,
        cell: (row) => (row.unconfirmed_usd > 0 ? dollars(row.unconfirmed_usd) : ""),
        alignRight: true,
      },
      { title: "CALLS", cell: (row) => count(row.calls), alignRight: true },
      { title: "IN", cell: (row) => count(row.input_tokens), alignRight: true },
      {
        title: "CACHED",
        cell: (row) => count(row.cache_read_tokens + row.cache_write_tokens),
        alignRight: true,
      },
      { title: "OUT", cell: (row) => count(row.output_tokens), alignRight: true },
    ];
    const total: Row = report.total;
    for (const line of tableLines(out, columns, [...report.data, total])) out.line(line);
    if (report.next_cursor !== null)
      out.line(out.paint("dim", "… and more: --limit N, or --csv for all of it"));
    return exitCodes.ok;
  },
});

const DIMENSIONS = ["day", "user", "feature", "agent", "model", "kind"] as const;

function groupsOf(text: string | undefined): NonNullable<UsageQuery["group_by"]> {
  return (text ?? "day").split(",").map((word) => {
    const known = DIMENSIONS.find((name) => name === word);
    if (known !== undefined) return known;
    throw usageFault(`"${word}" is nothing to group by.`, `There are: ${DIMENSIONS.join(", ")}.`);
  });
}

/** The whole report as the api writes it, which is safe to open as a spreadsheet. */
async function fetchCsv(connection: Connection, where: UsageQuery, signal: AbortSignal): Promise<string> {
  const address = new URL(`${connection.url}/v1/usage`);
  for (const [name, value] of Object.entries(where)) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  const headers = { accept: "text/csv", authorization: `Bearer ${keyOf(connection)}` };
  const response = await fetch(address, { headers, signal, redirect: "error" });
  if (!response.ok) throw new Error(`The report as CSV was refused: HTTP ${response.status}`);
  return response.text();
}
