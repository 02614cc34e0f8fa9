// The health of a process that has no other HTTP surface, such as a worker: `/healthz` says that it lives, `/readyz`
// whether it can do its work, `/metrics` what it has done. It promises small constant work per request, whoever asks and how often.
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type HealthOptions = {
  /** 0 picks a free one. */
  port: number;
  host: string;
  /** Each thing that readiness needs, by name, and whether it is there. A rejection counts as not ready. */
  ready: () => Promise<Readonly<Record<string, boolean>>>;
  /** Served at `/metrics`; missing: not there. */
  metrics?: { contentType: string; metrics: () => Promise<string> };
  /** How long `ready` may take before the answer is no; 2 s unless said otherwise. */
  timeoutMs?: number;
};

export type Health = { port: number; close: () => Promise<void> };

/** Resolves once it listens; rejects with the system's error (EADDRINUSE, EACCES) where it cannot. */
export async function serveHealth(options: HealthOptions): Promise<Health> {
  const { port, host, ready, metrics, timeoutMs = 2_000 } = options;
  const readiness = coalesced(() => checkReadiness(ready, timeoutMs));
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 5_000 });
  server.maxConnections = 128;
  server.on("request", (request, response) => {
    // A body says nothing here: it is not read, and the connection ends with the answer.
    if (
      request.headers["content-length"] !== undefined ||
      request.headers["transfer-encoding"] !== undefined
    ) {
      response.shouldKeepAlive = false;
    }
    const path = request.url?.split("?", 1)[0];
    const isMetrics = path === "/metrics" && metrics !== undefined;
    if (path !== "/healthz" && path !== "/readyz" && !isMetrics)
      return answer(response, 404, { status: "not_found" });
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return answer(response, 405, { status: "method_not_allowed" });
    }
    if (path === "/healthz") return answer(response, 200, { status: "ok" });
    if (isMetrics) {
      metrics.metrics().then(
        (text) => send(response, 200, metrics.contentType, text),
        () => answer(response, 500, { status: "metrics_failed" }),
      );
      return;
    }
    readiness().then(({ isReady, checks }) =>
      answer(response, isReady ? 200 : 503, { status: isReady ? "ready" : "not_ready", checks }),
    );
  });
  await listening(server, port, host);
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

type Readiness = { isReady: boolean; checks: Readonly<Record<string, boolean>> };

/** Never rejects; why a check failed is for the log of whoever checks, not for whoever asks. */
async function checkReadiness(ready: HealthOptions["ready"], timeoutMs: number): Promise<Readiness> {
  const { promise: late, resolve } = Promise.withResolvers<Record<string, boolean>>();
  const timer = setTimeout(() => resolve({ in_time: false }), timeoutMs);
  try {
    const checks = await Promise.race([Promise.resolve().then(ready), late]);
    return { isReady: Object.values(checks).every((is) => is === true), checks };
  } catch {
    return { isReady: false, checks: { check: false } };
  } finally {
    clearTimeout(timer);
  }
}

/** All who ask while one check runs share it: a flood of questions costs Redis one. */
function coalesced<Value>(check: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<Value> | undefined;
  return () => {
    running ??= check().finally(() => {
      running = undefined;
    });
    return running;
  };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, "application/json", JSON.stringify(body));
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(text);
}

function listening(server: Server, port: number, host: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ port, host }, () => {
    server.off("error", reject);
    resolve();
  });
  return promise;
}

/** A kept-alive probe would hold the server open; it is cut off. Closing twice is closing once. */
function closed(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  return promise;
}
