/**
 * A stand-in for the Anthropic Messages API, for tests, benchmarks and a first look without a key. The real SDK talks
 * to it through ANTHROPIC_BASE_URL, so everything of ours is in the path but the model.
 *
 *   POST   /v1/messages, /v1/messages/count_tokens     as API version 2026-10-21 speaks them, streamed and not
 *   GET    /v1/models, /v1/models/{id}, /healthz
 *   POST   /control/scenario    adds steps: scripted replies, latencies and failures (shape: scenario.ts)
 *   GET    /control/scenario    {default, steps with times left, in_flight, stalled}
 *   DELETE /control/scenario    clears; ?contains=X only the steps whose match.contains is X
 *   POST   /control/release     lets go of every stalled reply
 *   GET    /control/ledger      {entries, totals}; ?since=N&contains=X&limit=N (shape: ledger.ts)
 *   DELETE /control/ledger      clears; numbers go on
 *
 * /control is for whoever can reach the port: it binds to loopback unless told otherwise. docs/simulator.md has the
 * whole story.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { apiError } from "./api-error.ts";
import { answerControl, type ControlDeps } from "./control.ts";
import { sendError } from "./delivery.ts";
import { answerCountTokens, answerMessages, type ExchangeDeps, hasCredentials } from "./exchange.ts";
import { createLedger } from "./ledger.ts";
import { findModel, listModels } from "./models.ts";
import { createPromptCache } from "./prompt-cache.ts";
import { createRateLimiter } from "./rate-limits.ts";
import { readJsonBody } from "./request-body.ts";
import { createScript, Scenario, type ScenarioInput } from "./scenario.ts";
import { createStalls } from "./stalls.ts";

export type SimulatorOptions = {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: a free one. */
  port?: number;
  /** Told of each answered request (debug) and of faults of our own (error). */
  log?: (level: "debug" | "error", message: string, fields: Record<string, unknown>) => void;
  /** Added at the start; throws a ZodError when it is none. */
  scenario?: ScenarioInput;
  nowMs?: () => number;
};

export type Simulator = {
  readonly port: number;
  /** What to give as ANTHROPIC_BASE_URL. */
  readonly url: string;
  /** Breaks off what is under way and frees the port. */
  close(): Promise<void>;
};

/** Longer than any client keeps an idle connection, so that it is never closed under a request. */
const KEEP_ALIVE_MS = 75_000;

/** Resolves once requests are accepted; rejects when the port cannot be had. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = "127.0.0.1", port = 0, log = () => {}, scenario, nowMs = Date.now } = options;
  const stalls = createStalls();
  const script = createScript();
  if (scenario !== undefined) script.add(Scenario.parse(scenario));
  let inFlight = 0;
  let lastNumber = 0;
  let lastRequest = 0;
  const deps: ExchangeDeps & ControlDeps = {
    script,
    ledger: createLedger(),
    cache: createPromptCache({ nowMs }),
    rates: createRateLimiter({ nowMs }),
    nowMs,
    nextNumber: () => ++lastNumber,
    untilReleased: stalls.wait,
    inFlight: () => inFlight,
    stalls,
  };

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const requestId = `req_sim_${++lastRequest}`;
    inFlight += 1;
    response.once("close", () => {
      inFlight -= 1;
      log("debug", "answered", {
        method: request.method,
        url: request.url,
        status: response.statusCode,
        requestId,
      });
    });
    route(request, response, requestId, deps).catch((error: unknown) => {
      log("error", "a request failed", {
        requestId,
        error: error instanceof Error ? error.stack : String(error),
      });
      if (response.headersSent) response.destroy();
      else sendError(response, apiError(500, "The simulator itself failed; see its log"), requestId);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const shownHost = address.family === "IPv6" ? `[${address.address}]` : address.address;
  let closed: Promise<void> | undefined;
  return {
    port: address.port,
    url: `http://${shownHost}:${address.port}`,
    close: () => {
      closed ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closed;
    },
  };
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  deps: ExchangeDeps & ControlDeps,
): Promise<void> {
  const { method = "GET" } = request;
  // Only the path and the query count; a base keeps odd targets such as "//" from throwing.
  const url = URL.parse(`http://simulator${request.url ?? "/"}`);
  if (url === null) return sendError(response, apiError(400, "The request target is not a URL"), requestId);
  const path = url.pathname;
  if (path === "/v1/messages" && method === "POST")
    return answerMessages({ request, response, path, requestId }, deps);
  if (path === "/v1/messages/count_tokens" && method === "POST")
    return answerCountTokens({ request, response, path, requestId }, deps);

  const read = async () => {
    const json = await readJsonBody(request);
    return json !== undefined && "body" in json ? json.body : undefined;
  };
  if (path.startsWith("/control/")) {
    const { status, body } = await answerControl(method, url, read, deps);
    return sendJson(response, status, body, requestId);
  }
  if (path === "/healthz") return sendJson(response, 200, { status: "ok", simulator: true }, requestId);
  if (path.startsWith("/v1/models") && method === "GET")
    return answerModels(request, response, path, requestId);
  const known =
    path === "/v1/messages" || path === "/v1/messages/count_tokens" || path.startsWith("/v1/models");
  const error = known ? apiError(405, "Method Not Allowed") : apiError(404, `Not found: ${path}`);
  request.resume();
  sendError(response, error, requestId);
}

function answerModels(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  requestId: string,
): void {
  if (!hasCredentials(request)) {
    const error = apiError(401, "x-api-key header or Authorization: Bearer is required");
    sendError(response, error, requestId);
    return;
  }
  if (path === "/v1/models") {
    const data = listModels();
    const page = { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    sendJson(response, 200, page, requestId);
    return;
  }
  const id = path.slice("/v1/models/".length);
  const model = findModel(id);
  if (model === undefined) sendError(response, apiError(404, `model: ${id}`), requestId);
  else sendJson(response, 200, model, requestId);
}

function sendJson(response: ServerResponse, status: number, body: unknown, requestId: string): void {
  response
    .writeHead(status, { "content-type": "application/json", "request-id": requestId })
    .end(JSON.stringify(body));
}
