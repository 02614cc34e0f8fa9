/** Receives webhooks: answers as it is told, keeps what it got, and lets a test wait for the next one. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";

export type Received = { headers: Record<string, string>; body: string };
export type Answer = { status: number; headers?: Record<string, string> };

export type Receiver = {
  url: string;
  received: Received[];
  /** What the n-th request (from 0) is answered; default 204. */
  answer: (n: number) => Answer;
  /** Resolves with the n-th request, from 1. */
  nth(n: number): Promise<Received>;
};

export async function startReceiver(): Promise<Receiver> {
  const waiting = new Map<number, (received: Received) => void>();
  const receiver: Receiver = {
    url: "",
    received: [],
    answer: () => ({ status: 204 }),
    nth(n) {
      const found = receiver.received[n - 1];
      return found ? Promise.resolve(found) : new Promise((resolve) => waiting.set(n, resolve));
    },
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, headers } = receiver.answer(receiver.received.length);
    const received = {
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString("utf8"),
    };
    receiver.received.push(received);
    response.writeHead(status, headers).end();
    waiting.get(receiver.received.length)?.(received);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return receiver;
}
