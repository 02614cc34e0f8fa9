/** GET /v1/tasks/{id}/events: the journal as a JSON list, or as a stream for those who ask for one. */
import { eventView } from "@pawl/protocol";
import { readJournal, readSubmission } from "@pawl/store";
import type { Request, RequestHandler } from "express";
import { z } from "zod";
import type { ApiDeps } from "./api-deps.ts";
import { callerOf } from "./auth.ts";
import { Cursor, readCursor, writeCursor } from "./cursor.ts";
import { streamEvents } from "./event-stream.ts";
import { pageLimit } from "./page-limit.ts";
import { parseQuery, singleHeader } from "./parse-request.ts";
import { HttpProblem, invalidRequest, notFound } from "./problem.ts";
import { taskIdOf } from "./task-id.ts";

const Seq = z
  .string()
  .regex(/^\d{1,15}$/, "must be the seq of an event, or 0")
  .meta({ description: "Only what comes after the event of this `seq`." });

export const EventStreamQuery = z.strictObject({ after: Seq.optional() });
export const EventListQuery = z.strictObject({
  after: Seq.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit({ usual: 100, most: 1000 }),
});

export function eventsRoute(deps: ApiDeps): RequestHandler {
  return async (request, response) => {
    const { tenant } = callerOf(request);
    const task = taskIdOf(request);
    response.vary("accept");
    if (request.accepts(["application/json", "text/event-stream"]) === "text/event-stream") {
      const { after } = parseQuery(EventStreamQuery, request);
      return streamEvents(deps, {
        tenant,
        task,
        after: lastEventId(request) ?? Number(after ?? 0),
        response,
      });
    }
    const query = parseQuery(EventListQuery, request);
    if (query.after !== undefined && query.cursor !== undefined) {
      throw invalidRequest([{ pointer: "/cursor", message: "and after exclude each other" }]);
    }
    const from = readCursor(query.cursor, (last) => Seq.safeParse(last).success) ?? query.after ?? "0";
    const events = await readJournal(deps.store, tenant, task, Number(from));
    // Nothing after a cursor may be the end of a journal, or no journal at all.
    if (events.length === 0 && (await readSubmission(deps.store, tenant, task)) === undefined) {
      throw notFound();
    }
    const page = events.slice(0, query.limit);
    const last = events.length > page.length ? page.at(-1) : undefined;
    response.json({
      data: page.map(eventView),
      next_cursor: writeCursor(last === undefined ? null : String(last.seq)),
    });
  };
}

/** What a browser's EventSource sends when it connects again; it goes before the address it was opened with. */
function lastEventId(request: Request): number | undefined {
  const id = singleHeader(request, "last-event-id");
  if (id === undefined || id === "") return undefined;
  if (!Seq.safeParse(id).success) {
    throw new HttpProblem("invalid_request", "Last-Event-ID must be the seq of an event.");
  }
  return Number(id);
}
