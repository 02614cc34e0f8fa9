/** Deliveries, keys, and what those who run a Pawl look at, in the document. */
import {
  AgentView,
  ApiKeyId,
  ApiKeyRequest,
  ApiKeyView,
  DeliveryId,
  DeliveryView,
  GuardCheckRequest,
  GuardVerdict,
  Health,
  Me,
  NewApiKey,
  Overview,
  pageOf,
  QueueView,
  WorkerView,
} from "@pawl/protocol";
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { ApiKeyListQuery } from "../api-key-routes.ts";
import { DeliveryListQuery } from "../delivery-routes.ts";
import { json, location, operation } from "./operation.ts";

export const DeliveryPage = pageOf(DeliveryView).meta({ id: "DeliveryPage" });
export const ApiKeyPage = pageOf(ApiKeyView).meta({ id: "ApiKeyPage" });
export const AgentPage = pageOf(AgentView).meta({ id: "AgentPage" });
export const QueuePage = pageOf(QueueView).meta({ id: "QueuePage" });
export const WorkerPage = pageOf(WorkerView).meta({ id: "WorkerPage" });

export const operationsPaths: ZodOpenApiPathsObject = {
  "/v1/deliveries": {
    get: operation({
      id: "listDeliveries",
      tag: "Webhooks",
      summary: "List webhook deliveries, the newest first",
      query: DeliveryListQuery,
      answers: { 200: json("One page.", DeliveryPage) },
    }),
  },
  "/v1/deliveries/{id}": {
    get: operation({
      id: "getDelivery",
      tag: "Webhooks",
      summary: "Read a delivery",
      path: z.object({ id: DeliveryId }),
      answers: { 200: json("The delivery.", DeliveryView) },
      problems: ["not_found"],
    }),
  },
  "/v1/deliveries/{id}/redeliver": {
    post: operation({
      id: "redeliver",
      tag: "Webhooks",
      summary: "Send a webhook again",
      description: "A new round of tries from now on, under the same `webhook-id`.",
      path: z.object({ id: DeliveryId }),
      body: z.strictObject({}),
      isBodyOptional: true,
      answers: { 202: json("It will be sent.", DeliveryView, location) },
      problems: ["not_found", "conflict"],
    }),
  },
  "/v1/guardrails/check": {
    post: operation({
      id: "checkText",
      tag: "Operations",
      summary: "What the guards say of a text",
      description: "Under the caller's own policy. Nothing is stored.",
      body: GuardCheckRequest,
      answers: { 200: json("The verdict.", GuardVerdict) },
    }),
  },
  "/v1/agents": {
    get: operation({
      id: "listAgents",
      tag: "Operations",
      summary: "List the agents that tasks may name",
      answers: { 200: json("All of them.", AgentPage) },
    }),
  },
  "/v1/overview": {
    get: operation({
      id: "getOverview",
      tag: "Operations",
      summary: "Count tasks by status",
      answers: { 200: json("The tenant's tasks that are still kept.", Overview) },
    }),
  },
  "/v1/queues": {
    get: operation({
      id: "listQueues",
      tag: "Operations",
      summary: "How the queues stand",
      description: "For the operator's admin key: queues serve all tenants.",
      answers: { 200: json("All of them.", QueuePage) },
      problems: ["forbidden"],
    }),
  },
  "/v1/workers": {
    get: operation({
      id: "listWorkers",
      tag: "Operations",
      summary: "List the workers that live",
      description:
        "For the operator's admin key: workers serve all tenants. Who was silent for 15 s is not shown.",
      answers: { 200: json("All of them, the oldest first.", WorkerPage) },
      problems: ["forbidden"],
    }),
  },
  "/v1/me": {
    get: operation({
      id: "getMe",
      tag: "Keys",
      summary: "Whose key this is",
      answers: { 200: json("The tenant and what the key may do.", Me) },
    }),
  },
  "/v1/api-keys": {
    get: operation({
      id: "listApiKeys",
      tag: "Keys",
      summary: "List API keys, the newest first",
      description: "Without the keys themselves. The operator sees those of all tenants.",
      query: ApiKeyListQuery,
      answers: { 200: json("One page.", ApiKeyPage) },
      problems: ["forbidden"],
    }),
    post: operation({
      id: "createApiKey",
      tag: "Keys",
      summary: "Make an API key",
      description: "The operator makes keys for any tenant, which comes into being with its first one.",
      body: ApiKeyRequest,
      answers: { 201: json("The key, shown this once.", NewApiKey) },
      problems: ["forbidden"],
    }),
  },
  "/v1/api-keys/{id}": {
    delete: operation({
      id: "deleteApiKey",
      tag: "Keys",
      summary: "Take an API key away",
      description: "Every process refuses it within five seconds.",
      path: z.object({ id: ApiKeyId }),
      answers: { 204: { description: "It is gone." } },
      problems: ["forbidden", "not_found"],
    }),
  },
  "/healthz": {
    get: operation({
      id: "getHealth",
      tag: "Service",
      summary: "Whether the process lives",
      isOpen: true,
      answers: { 200: json("It does.", Health) },
      problems: ["invalid_request"],
    }),
  },
  "/readyz": {
    get: operation({
      id: "getReadiness",
      tag: "Service",
      summary: "Whether it can serve requests",
      isOpen: true,
      answers: { 200: json("It can.", Health) },
      problems: ["invalid_request"],
    }),
  },
  "/metrics": {
    get: operation({
      id: "getMetrics",
      tag: "Service",
      summary: "What Prometheus is told of this process",
      isOpen: true,
      answers: {
        200: {
          description: "Prometheus' text format.",
          content: { "text/plain": z.string().meta({ example: "pawl_http_requests_total 1\n" }) },
        },
      },
      problems: ["invalid_request"],
    }),
  },
  "/openapi.json": {
    get: operation({
      id: "getDocument",
      tag: "Service",
      summary: "This document",
      isOpen: true,
      answers: { 200: json("OpenAPI 3.1.", z.looseObject({ openapi: z.string() })) },
      problems: ["invalid_request"],
    }),
  },
  "/docs": {
    get: operation({
      id: "getReference",
      tag: "Service",
      summary: "This document, to be read",
      isOpen: true,
      answers: {
        200: {
          description: "A page.",
          content: { "text/html": z.string().meta({ example: "<!doctype html>" }) },
        },
      },
      problems: ["invalid_request"],
    }),
  },
};
