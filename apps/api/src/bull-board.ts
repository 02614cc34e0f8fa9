/**
 * Bull Board at /admin/queues, behind a door of its own. It looks and never touches: every queue is read-only.
 * A job holds a task's id and nothing more, so no task text is there to be shown; what is shown (logs, failures
 * and stack traces included) passes the redaction point all the same.
 */
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import { DeliveryId, TaskId } from "@pawl/protocol";
import { redact } from "@pawl/service";
import type { Lane } from "@pawl/store";
import express, { type Express, type Router } from "express";
import type { ApiDeps } from "./api-deps.ts";
import type { KeyRing } from "./auth.ts";
import { BOARD_PATH, boardDoor } from "./board-door.ts";
import type { ConsoleSessions } from "./console-session.ts";

const laneDescriptions: Readonly<Record<Lane, string>> = {
  high: "Legs of tasks with priority high",
  normal: "Legs of tasks: each stay of a task in the queue",
  low: "Legs of tasks with priority low",
  quarantine: "Legs of suspects: tasks that are performed alone",
};

export function boardRoutes(deps: ApiDeps, keys: KeyRing, sessions: ConsoleSessions): Router {
  const { webhooks, ...lanes } = deps.store.queues;
  const queues = [
    ...Object.entries(lanes).map(
      ([lane, queue]) =>
        new BullMQAdapter(queue, {
          readOnlyMode: true,
          description: laneDescriptions[lane as Lane],
          externalJobUrl: (job) => linkTo("Task", "/console/tasks/", TaskId.safeParse(job.data?.task).data),
        }),
    ),
    new BullMQAdapter(webhooks, {
      readOnlyMode: true,
      description: "Tries of webhook deliveries",
      externalJobUrl: (job) =>
        linkTo("Delivery", "/v1/deliveries/", DeliveryId.safeParse(job.data?.delivery).data),
    }),
  ];
  for (const queue of queues) {
    for (const field of ["data", "returnValue", "progress"] as const) {
      queue.setFormatter(field, (value: unknown) => redact(value));
    }
  }
  const serverAdapter = new ExpressAdapter().setBasePath(BOARD_PATH);
  createBullBoard({
    queues,
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: "Pawl",
        hideRedisDetails: true,
        miscLinks: [{ text: "Log out", url: `${BOARD_PATH}/logout` }],
      },
      handlerHooks: { after: (_context, result) => ({ ...result, body: redactedBody(result.body) }) },
    },
  });
  const board: Express = serverAdapter.getRouter();
  board.disable("x-powered-by").disable("etag");
  const router = express.Router();
  router.use(boardDoor(deps, keys, sessions));
  router.use(board);
  return router;
}

function linkTo(what: string, path: string, id: string | undefined): { displayText: string; href: string } {
  return { displayText: id === undefined ? what : `${what} ${id}`, href: `${path}${id ?? ""}` };
}

function redactedBody(body: string | Record<string, unknown>): string | Record<string, unknown> {
  const clean = redact(body);
  return isContainer(clean) ? clean : String(clean);
}

/** Lists as well: some of the board's answers are lists. */
function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
