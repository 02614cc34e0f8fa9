/** The api: whether it answers, is ready, takes our key, goes by the same clock, and has workers behind it. */
import { type Me, PawlError } from "@pawl/client";
import { explainError, reasonOf } from "../api/explain-error.ts";
import type { Connection } from "../api/find-connection.ts";
import { openApi } from "../api/open-api.ts";
import { CommandFault } from "../command-line/fault.ts";
import { isPortFree } from "../up/choose-port.ts";
import type { Finding, Looked } from "./examine.ts";

const ANSWER_TIMEOUT_MS = 4_000;
/** The Date header counts whole seconds. */
const MOST_SKEW_MS = 3_000;

export async function lookAtApi({ connection: find, signal }: Looked): Promise<Finding[]> {
  const connection = find();
  const { url } = connection;
  const sentMs = Date.now();
  let health: Response;
  try {
    health = await ask(`${url}/healthz`, signal);
  } catch (error) {
    return [await unanswered(connection, error)];
  }
  const middleMs = (sentMs + Date.now()) / 2;
  const said: unknown = await health.json().catch(() => undefined);
  if (!health.ok || typeof said !== "object" || said === null || !("status" in said)) {
    const fix =
      "Let it have its port, and start Pawl on another: PORT=3001 npm start. Or name Pawl's with --url.";
    return [{ subject: "api", state: "broken", message: `something else answers at ${url}`, fix }];
  }
  return [
    { subject: "api", state: "ok", message: `answers at ${url}` },
    ...(await readiness(url, signal)),
    ...skew(health.headers.get("date"), middleMs),
    ...(await keyAndWorkers(connection, signal)),
  ];
}

async function unanswered(connection: Connection, error: unknown): Promise<Finding> {
  const { url, urlFrom } = connection;
  const subject = "api";
  if (urlFrom !== "default") {
    const fix =
      urlFrom === "npm start"
        ? "Its log: .pawl/logs/api.log"
        : `${urlFrom} names it. Is it right, and does the api run there?`;
    return { subject, state: "broken", message: `${url} does not answer: ${reasonOf(error)}`, fix };
  }
  const address = new URL(url);
  const isFree = await isPortFree(Number(address.port || 80), address.hostname);
  if (isFree) {
    const message = `does not run; port ${address.port} is free for it`;
    return { subject, state: "warning", message, fix: "npm start" };
  }
  const fix = `See who it is: ss -ltnp 'sport = :${address.port}'. \`npm start\` takes a free port; PORT chooses one.`;
  return {
    subject,
    state: "warning",
    message: `does not run, and another program has port ${address.port}`,
    fix,
  };
}

async function readiness(url: string, signal: AbortSignal): Promise<Finding[]> {
  const response = await ask(`${url}/readyz`, signal);
  if (response.ok) return [{ subject: "api", state: "ok", message: "is ready" }];
  const body: unknown = await response.json().catch(() => undefined);
  const detail =
    typeof body === "object" && body !== null && "detail" in body
      ? String(body.detail)
      : `HTTP ${response.status}`;
  const fix =
    "It waits for its Redis: does it run, and is the api's REDIS_URL right? The api's log says more.";
  return [{ subject: "api", state: "broken", message: `is not ready: ${detail}`, fix }];
}

function skew(date: string | null, middleMs: number): Finding[] {
  if (date === null) return [];
  // The header's second is over by up to one already.
  const aheadMs = Date.parse(date) + 500 - middleMs;
  const subject = "api clock";
  if (Math.abs(aheadMs) <= MOST_SKEW_MS)
    return [{ subject, state: "ok", message: "agrees with this machine's" }];
  const message = `is ${(Math.abs(aheadMs) / 1000).toFixed(0)} s ${aheadMs > 0 ? "ahead of" : "behind"} this machine's`;
  const fix = "Let both machines set their clocks by NTP; signed webhooks and run_at go by them.";
  return [{ subject, state: "warning", message, fix }];
}

async function keyAndWorkers(connection: Connection, signal: AbortSignal): Promise<Finding[]> {
  const subject = "key";
  let me: Me;
  try {
    me = await openApi(connection).me({ signal });
  } catch (error) {
    const fault = error instanceof PawlError ? explainError(error, connection) : error;
    if (!(fault instanceof CommandFault)) throw error;
    const { message, fix } = fault;
    return [{ subject, state: "broken", message, ...(fix === undefined ? {} : { fix }) }];
  }
  const scopes = me.scopes.join(" and ");
  const accepted: Finding = {
    subject,
    state: "ok",
    message: `from ${connection.keyFrom}: accepted, tenant ${me.tenant}, for ${scopes}`,
  };
  if (!me.is_operator) return [accepted]; // who works for it is the operator's to see
  const { data: workers } = await openApi(connection).workers({ signal }).page();
  const running = workers.reduce((sum, worker) => sum + worker.running, 0);
  if (workers.length > 0) {
    const plural = workers.length === 1 ? "worker lives" : "workers live";
    const message = `${workers.length} ${plural}, ${running} task${running === 1 ? "" : "s"} running`;
    return [accepted, { subject: "workers", state: "ok", message }];
  }
  const fix = "npm run start:worker, with the same REDIS_URL as the api. `npm start` runs one by itself.";
  return [
    accepted,
    { subject: "workers", state: "broken", message: "no worker lives: tasks wait for one", fix },
  ];
}

function ask(url: string, signal: AbortSignal): Promise<Response> {
  return fetch(url, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    redirect: "manual",
  });
}
