/**
 * The OpenAPI 3.1 document, made from the very schemas that requests are checked with and answers are typed by: what it
 * says cannot drift from what is served, and tests hold every answer of the suite against it.
 */
import { WebhookBody } from "@pawl/protocol";
import { createDocument } from "zod-openapi";
import { moneyPaths } from "./money-paths.ts";
import type { Tag } from "./operation.ts";
import { operationsPaths } from "./operations-paths.ts";
import { taskPaths } from "./task-paths.ts";

export type OpenApiDocument = ReturnType<typeof createDocument>;

const tags: Record<Tag, string> = {
  Tasks: "Submit tasks, follow them, cancel them, take them up again.",
  Money: "What may be spent, and what was.",
  Webhooks: "What was sent, and sending it again.",
  Operations: "Agents, guards, queues, workers.",
  Keys: "Who may do what.",
  Service: "The process itself.",
};

export function openApiDocument(): OpenApiDocument {
  return createDocument(
    {
      openapi: "3.1.0",
      info: {
        title: "Pawl",
        version: "1.0.0",
        summary: "Long AI-agent tasks as jobs that never slip back and never run away.",
        description:
          "JSON in and out. Send `Authorization: Bearer <key>`. Unknown members of a request are refused, never " +
          "ignored. Errors are RFC 9457 problems with a stable `code`. What belongs to another tenant is 404, as if it " +
          "did not exist. Lists take `limit` and `cursor`.",
        license: { name: "MIT", identifier: "MIT" },
      },
      servers: [{ url: "/", description: "Where this document was read." }],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      security: [{ apiKey: [] }],
      paths: { ...taskPaths, ...moneyPaths, ...operationsPaths },
      webhooks: {
        task: {
          post: {
            operationId: "onTask",
            tags: ["Webhooks"],
            summary: "What is sent to a task's `webhook_url`",
            description:
              "After Standard Webhooks: verify `webhook-signature` over `webhook-id`, `webhook-timestamp` and the body as " +
              "it came. At least once, the same `webhook-id` on every try. Any 2xx ends it; 410 says that nobody wants it.",
            security: [],
            requestBody: { required: true, content: { "application/json": { schema: WebhookBody } } },
            responses: {
              "204": { description: "Taken." },
              "410": { description: "Nobody wants it any more." },
            },
          },
        },
      },
      components: {
        securitySchemes: {
          apiKey: { type: "http", scheme: "bearer", description: "An API key: `pawl_…`." },
        },
      },
    },
    {
      override({ jsonSchema }) {
        // What JSON numbers can hold at all says nothing about this one.
        if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      },
    },
  );
}
