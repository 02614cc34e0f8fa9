/** GET /v1/usage: what the tenant's tasks spent, by day and by who spent it on what; as JSON in pages, or as CSV. */
import { createHash } from "node:crypto";
import { Label, SpendingKind, usdFromNano, windowsAt } from "@pawl/protocol";
import {
  readUsage,
  USAGE_DIMENSIONS,
  type UsageDimension,
  type UsageReport,
  type UsageRow,
  type UsageSums,
} from "@pawl/store";
import type { Request, RequestHandler, Router } from "express";
import { z } from "zod";
import type { ApiDeps } from "./api-deps.ts";
import { callerOf } from "./auth.ts";
import { Cursor, readCursor, writeCursor } from "./cursor.ts";
import { pageLimit } from "./page-limit.ts";
import { parseQuery } from "./parse-request.ts";
import { HttpProblem, invalidRequest } from "./problem.ts";
import { serve } from "./routing.ts";
import { csvText } from "./usage-csv.ts";

export function usageRoutes(router: Router, deps: ApiDeps): void {
  serve(router, "/usage", { get: usageRoute(deps) });
}

const MOST_DAYS = 400;
const USUAL_ROWS = 100;
/** What a report gathers before it is cut into pages has to fit into memory. */
const MOST_GROUPS = 100_000;

const Day = z.iso
  .date({ error: "must be a date such as 2026-11-22" })
  .meta({ description: "Included. Default: this month, until today." });

const GroupBy = z
  .string()
  .default("day")
  .transform((text, context): UsageDimension[] => {
    const names = text.split(",");
    const known = z.array(z.enum(USAGE_DIMENSIONS)).safeParse(names);
    if (known.success && new Set(names).size === names.length) return known.data;
    const message = `must be some of ${USAGE_DIMENSIONS.join(", ")}, each once, with commas between`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  })
  .meta({
    description: `Some of ${USAGE_DIMENSIONS.map((name) => `\`${name}\``).join(", ")}, with commas between.`,
    example: "user,model",
  });

export const UsageQuery = z.strictObject({
  from: Day.optional(),
  to: Day.optional(),
  group_by: GroupBy,
  user: Label.optional(),
  feature: Label.optional(),
  agent: Label.optional(),
  model: Label.optional(),
  kind: SpendingKind.optional(),
  limit: pageLimit({ usual: USUAL_ROWS, most: 1000 }).unwrap().optional(),
  cursor: Cursor.optional(),
});

function usageRoute(deps: ApiDeps): RequestHandler {
  return async (request, response) => {
    const { from, to, group_by, limit, cursor, ...where } = parseQuery(UsageQuery, request);
    const after = readCursor(cursor, (last) => /^[0-9a-f]{32}$/.test(last));
    const { timeZone } = deps.config;
    const query = { ...daysOf(deps, from, to), timeZone, groupBy: group_by, where, mostGroups: MOST_GROUPS };
    const report = await readUsage(deps.store, callerOf(request).tenant, query);
    if (report.kind === "too_many_groups") {
      const detail = `This report has more than ${MOST_GROUPS} rows: ask for fewer days, or group by less.`;
      throw new HttpProblem("invalid_request", detail);
    }
    response.vary("accept");
    if (request.accepts(["application/json", "text/csv"]) === "text/csv") {
      // All of it where no page is asked for: a spreadsheet turns none.
      const { rows, nextCursor } = pageOf(report, limit ?? report.rows.length, after);
      if (nextCursor !== null) response.links({ next: addressOfNext(request, nextCursor) });
      response.type("text/csv").attachment("usage.csv");
      response.send(csvText([...group_by, ...AMOUNTS], rows.map(rowView)));
      return;
    }
    const { rows, nextCursor } = pageOf(report, limit ?? USUAL_ROWS, after);
    response.json({ data: rows.map(rowView), next_cursor: nextCursor, total: amountsView(report.total) });
  };
}

/** The days asked for: by default this month's until today, or those of the month of `to`. */
function daysOf({ config, nowMs }: ApiDeps, from: string | undefined, to: string | undefined) {
  const toDay = to ?? windowsAt(nowMs(), config.timeZone).day.id;
  const fromDay = from ?? `${toDay.slice(0, "2026-11".length)}-01`;
  const days = (Date.parse(toDay) - Date.parse(fromDay)) / (24 * 60 * 60 * 1000) + 1;
  if (days < 1) throw invalidRequest([{ pointer: "/from", message: "must not be after to" }]);
  if (days > MOST_DAYS) {
    throw invalidRequest([{ pointer: "/from", message: `must be at most ${MOST_DAYS} days before to` }]);
  }
  return { fromDay, toDay };
}

/** A report's rows stay in their order while more come in between; a cursor names the last one seen. */
function pageOf(report: Extract<UsageReport, { kind: "report" }>, limit: number, after: string | null) {
  const seen = after === null ? 0 : report.rows.findIndex((row) => digestOf(row) === after) + 1;
  if (after !== null && seen === 0) {
    throw invalidRequest([{ pointer: "/cursor", message: "must be a next_cursor of this very report" }]);
  }
  const rows = report.rows.slice(seen, seen + limit);
  const last = report.rows.length > seen + limit ? rows.at(-1) : undefined;
  return { rows, nextCursor: writeCursor(last === undefined ? null : digestOf(last)) };
}

/** Labels may be longer than a cursor should be. */
function digestOf({ group }: UsageRow): string {
  return createHash("sha256").update(JSON.stringify(group)).digest("hex").slice(0, 32);
}

function addressOfNext(request: Request, cursor: string): string {
  const [path = "", query] = request.originalUrl.split("?");
  const members = new URLSearchParams(query);
  members.set("cursor", cursor);
  return `${path}?${members}`;
}

function rowView({ group, sums }: UsageRow) {
  return { ...group, ...amountsView(sums) };
}

const AMOUNTS = [
  "cost_usd",
  "unconfirmed_usd",
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "calls",
] as const;

function amountsView(sums: UsageSums): Record<(typeof AMOUNTS)[number], number> {
  return {
    cost_usd: usdFromNano(sums.costNanoUsd),
    unconfirmed_usd: usdFromNano(sums.unconfirmedNanoUsd),
    input_tokens: sums.inputTokens,
    output_tokens: sums.outputTokens,
    cache_read_tokens: sums.cacheReadTokens,
    cache_write_tokens: sums.cacheWriteTokens,
    calls: sums.calls,
  };
}
