/**
 * A receiver of webhooks that is not easily pleased: it verifies each signature, and until it is healed it fails,
 * hangs up or dawdles now and then, though never more than twice for one delivery.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { z } from "zod";
import type { Random } from "./random.ts";

const Body = z.looseObject({ type: z.string(), data: z.looseObject({ id: z.string(), status: z.string() }) });

export type Received = {
  /** `webhook-id`: the same on every try. */
  id: string;
  task: string;
  type: string;
  status: string;
  body: string;
};

export type WebhookWitness = {
  url: string;
  /** Only what was verified. */
  received: readonly Received[];
  /** What came and was no good. */
  problems: readonly string[];
  /** From now on everything is taken. */
  heal(): void;
  close(): Promise<void>;
};

const MOST_FAILURES = 2;
const DAWDLE_MS = 1500;

export async function openWebhookWitness(secret: string, random: Random): Promise<WebhookWitness> {
  const received: Received[] = [];
  const problems: string[] = [];
  const failures = new Map<string, number>();
  let healed = false;
  const webhook = new Webhook(secret);

  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const headers = request.headers as Record<string, string>;
    const id = headers["webhook-id"] ?? "";
    try {
      const { type, data } = Body.parse(webhook.verify(body, headers));
      received.push({ id, task: data.id, type, status: data.status, body });
    } catch (error) {
      problems.push(`a webhook that is not what it should be: ${String(error)} ${body.slice(0, 300)}`);
    }
    const failed = failures.get(id) ?? 0;
    if (healed || failed >= MOST_FAILURES || !random.chance(0.2)) return respond(response, 204);
    failures.set(id, failed + 1);
    fail(response, random);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    problems,
    heal() {
      healed = true;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** It has read the webhook all the same: the sender cannot know, and must send it again. */
function fail(response: ServerResponse, random: Random): void {
  switch (random.pick(["busy", "broken", "gone", "slow"])) {
    case "busy":
      response.setHeader("retry-after", "1");
      respond(response, 503);
      break;
    case "broken":
      respond(response, 500);
      break;
    case "gone":
      response.destroy();
      break;
    case "slow":
      setTimeout(() => respond(response, 204), DAWDLE_MS);
  }
}

function respond(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
