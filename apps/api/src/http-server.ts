/**
 * The HTTP server around the app: bounded in time against callers who send slowly or never, and ended in good
 * order. What Node refuses before the app sees it (a broken head, a head too large) is a problem like any other.
 */
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { newId } from "@pawl/protocol";

export type HttpServer = {
  port: number;
  /** Takes no more requests; resolves when those under way are answered. */
  close(): Promise<void>;
};

const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than a load balancer keeps its side open, so that it is never we who close under a request. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** Resolves once it listens; rejects with the system's error where it cannot. */
export async function listen(
  app: (request: IncomingMessage, response: ServerResponse) => void,
  { host, port, nowMs }: { host: string; port: number; nowMs: () => number },
): Promise<HttpServer> {
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    app,
  );
  let isClosing = false;
  server.on("request", (_request, response) => {
    // A kept-alive connection that falls idle during the end would hold the server open.
    response.once("close", () => {
      if (isClosing) setImmediate(() => server.closeIdleConnections());
    });
  });
  server.on("clientError", (error, socket) => answerBrokenRequest(error, socket, nowMs()));
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host, port }, resolve);
  await listening;
  server.off("error", reject);
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      isClosing = true;
      const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
      server.close(() => onClosed());
      server.closeIdleConnections();
      return closed;
    },
  };
}

const statusOf: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

function answerBrokenRequest(error: Error & { code?: string }, socket: Duplex, nowMs: number): void {
  // After the first byte of an answer a second answer would be read as part of it.
  const isAnswering =
    "_httpMessage" in socket && socket._httpMessage !== null && socket._httpMessage !== undefined;
  if (error.code === "ECONNRESET" || !socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  const status = statusOf[error.code ?? ""] ?? 400;
  const requestId = newId("req", nowMs);
  const body = JSON.stringify({
    type: "/problems/invalid_request",
    title: "The request is not valid",
    status,
    detail: STATUS_CODES[status] ?? "Bad Request",
    code: "invalid_request",
    request_id: requestId,
  });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\nx-request-id: ${requestId}\r\n` +
      `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
